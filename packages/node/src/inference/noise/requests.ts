import type { Sampling } from '@assay/protocol';
import type { ChatMessage } from '@assay/roles/ports/inference';

/** What an honest user asks. */
export interface HonestRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
}

const subjects = (
  'bread,the moon,taxes,chess,rivers,batteries,trust,glass,whales,maps,coffee,bridges,' +
  'sleep,trees,steel,music,money,bees,clocks,rain,paper,ships,vaccines,gravity'
).split(',');
const forms = [
  'Explain # to a child.',
  'Write a short story about #.',
  'List three facts about #.',
  'Translate to French: I was thinking about # all day, and then it was time to go home.',
  'What is # made of?',
  'Write a Python function that counts how often # is named in a text, with a test.',
  '# # # # #',
];
const temperatures = [0, 300_000, 700_000, 1_000_000, 1_300_000];
const cuts = [{}, { topPMicro: 900_000 }, { topK: 40 }, { minPMicro: 50_000 }];
const leastTokens = 16;
const mostTokens = 128;

/** One of a row of requests that never repeats itself: of many subjects, samplings and lengths. */
export function honestRequest(number: number): HonestRequest {
  const form = pick(forms, number);
  const content = form.replaceAll('#', pick(subjects, Math.floor(number / forms.length)));
  const plain = { topPMicro: 1_000_000, topK: 0, minPMicro: 0 };
  const temperatureMicro = pick(temperatures, number);
  const cut = pick(cuts, Math.floor(number / temperatures.length));
  return {
    messages: [{ role: 'user', content }],
    maxTokens: leastTokens + ((number * 37) % (mostTokens - leastTokens + 1)),
    sampling: { temperatureMicro, ...plain, ...cut, seed: number },
  };
}

function pick<T>(list: readonly T[], number: number): T {
  const item = list[number % list.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
