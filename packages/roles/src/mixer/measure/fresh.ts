import type { InferencePayload, MinerRow, Ref } from '@assay/protocol';
import type { RandomStream } from '../../ports/runtime.ts';

/** What a fresh challenge asks of a miner: a request that nobody made before, of a model that it serves (§15.3.4). */
export interface FreshRequest {
  readonly model: Ref<'models'>;
  readonly payload: InferencePayload;
}

const ways = [
  'Explain',
  'Describe',
  'Write a short story about',
  'Compare',
  'List five facts about',
  'Why do people need',
];
const things = [
  ...['bridges', 'clouds', 'rivers', 'bread', 'clocks', 'forests', 'trains', 'music', 'winter', 'gardens', 'maps'],
  ...['glass', 'salt', 'ships', 'mountains', 'letters', 'bees', 'markets', 'stars', 'coffee', 'tunnels', 'paint'],
];
/** Most tokens of an answer: between these. */
const [leastTokens, spreadTokens] = [24, 41];

/**
 * A request of the mixer's own, for a miner of which it knows no answer: its numbers, sampled with a seed, follow from
 * the model and can be re-checked, and nobody could have prepared them. None of a miner whose text alone comes.
 */
export function freshRequest(
  { models, evidenceLevel }: Pick<MinerRow, 'models' | 'evidenceLevel'>,
  random: RandomStream,
): FreshRequest | null {
  const model = models[random.int(Math.max(models.length, 1))];
  if (model === undefined || evidenceLevel === 0) return null;
  const pick = (words: readonly string[]) => words[random.int(words.length)] ?? '';
  const about = `${pick(ways)} ${pick(things)} and ${pick(things)}, in ${2 + random.int(98)} words.`;
  return {
    model,
    payload: {
      messages: [{ role: 'user', content: about }],
      maxTokens: leastTokens + random.int(spreadTokens),
      sampling: { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: random.int(2 ** 32) },
      stop: [],
      topLogprobs: 0,
      nonce: random.bytes(32),
    },
  };
}
