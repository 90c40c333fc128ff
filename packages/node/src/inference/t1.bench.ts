import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sampling } from '@assay/protocol';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import {
  compareDistributions,
  probabilityPpb,
  type ReportedPosition,
  variationPpb,
} from '@assay/roles/audit/distribution';
import { drawPositions } from '@assay/roles/audit/positions';
import type { GeneratedToken, InferenceModel } from '@assay/roles/ports/inference';
import { sha256 } from '@assay/ssz';
import { type Bench, type Row, secondsOf } from '../../../../bench/bench.ts';
import { resolveModel } from '../models/resolve.ts';
import { requantise } from './gguf/requantise.ts';
import { startLlamaBackend } from './llama/backend.ts';

/*
 * Honest miners decode token by token, four at once, while audits of earlier answers run beside them; the auditor
 * scores in one prefill.
 */
const outputTokens = 64;
const parallel = 4;
const auditedTokens = 256;
const auditedPositions = 64;
const drawsPerAnswer = 200;
const subjects =
  'bread,the moon,taxes,chess,rivers,batteries,trust,glass,whales,maps,coffee,bridges,' +
  'sleep,trees,steel,music,money,bees,clocks,rain,paper,ships,vaccines,gravity';
const forms = ['Explain # to a child.', 'Write a short story about #.', 'List three facts about #.'];
const never = new AbortController().signal;

interface Answered {
  readonly promptIds: readonly number[];
  readonly sampling: Sampling;
  readonly tokens: readonly GeneratedToken[];
}

interface Compared {
  readonly variationsPpb: readonly number[];
  readonly argmaxMismatches: number;
  readonly choiceMismatches: number;
}

async function answer(model: InferenceModel, prompt: string, seed: number): Promise<Answered> {
  const promptIds = await model.render([{ role: 'user', content: prompt }]);
  const sampling = { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed };
  const request = { promptIds, maxTokens: outputTokens, sampling, stop: [], topLogprobs: 5 };
  const tokens: GeneratedToken[] = [];
  for await (const event of model.generate(request, never)) if (event.type === 'tokens') tokens.push(...event.tokens);
  return { promptIds, sampling, tokens };
}

async function compare(reference: InferenceModel, { promptIds, sampling, tokens }: Answered): Promise<Compared> {
  const reported = tokens.map(({ top }, index): ReportedPosition => {
    return {
      index,
      ids: top.map(({ id }) => id),
      probabilitiesPpb: top.map((one) => probabilityPpb(one.negLogprobMicro)),
    };
  });
  const outputIds = tokens.map(({ id }) => id);
  const asked = { promptIds, outputIds, positions: reported, sampling, sampler: 'seeded' as const, asksEnd: false };
  const { positions: scored } = await reference.score(asked, never);
  const variationsPpb = reported.map((position, i) => variationPpb(position, scored[i] ?? { probabilitiesPpb: [] }));
  return { ...compareDistributions(reported, scored, equalMarginMicro), variationsPpb };
}

/** All prompts answered by `served`, `parallel` at a time; each is scored on `reference` while others are written. */
async function measure(served: InferenceModel, reference: InferenceModel): Promise<Compared[]> {
  const prompts = subjects.split(',').map((subject, i) => forms[i % forms.length]?.replace('#', subject) ?? subject);
  const compared: Compared[] = [];
  const next = prompts.entries();
  const miner = async () => {
    for (const [seed, prompt] of next) compared.push(await compare(reference, await answer(served, prompt, seed)));
  };
  await Promise.all(Array.from({ length: parallel }, miner));
  return compared.filter(({ variationsPpb }) => variationsPpb.length > 0);
}

/** T1 of `count` positions drawn from the first `tokens` of each answer, many draws of each, ascending. */
function t1(compared: readonly Compared[], { count, tokens }: { count: number; tokens: number }): number[] {
  const values = compared.flatMap(({ variationsPpb }, answer) => {
    const length = Math.min(tokens, variationsPpb.length);
    const draws = length <= count ? 1 : drawsPerAnswer;
    return Array.from({ length: draws }, (_, draw) => {
      const positions = drawPositions(sha256(Uint8Array.of(answer, draw)), { tokens: length, count });
      return positions.reduce((sum, at) => sum + (variationsPpb[at] ?? 0), 0) / positions.length / 1e9;
    });
  });
  return values.sort((a, b) => a - b);
}

function row(name: string, compared: readonly Compared[], shape: { count: number; tokens: number }) {
  const values = t1(compared, shape);
  const at = (share: number) =>
    (values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0).toFixed(5);
  return { served: name, ...shape, min: at(0), median: at(0.5), 'p99.9': at(0.999), max: at(1) };
}

/** Seconds to write an answer of `auditedTokens`, and to audit one at so many positions. */
async function costs(model: InferenceModel): Promise<Row[]> {
  const prompt = 'Tell a very long story about a lighthouse and all who came to it.';
  const long = await answer(model, prompt, 1);
  const outputIds = Array.from({ length: auditedTokens / outputTokens }, () => long.tokens.map(({ id }) => id)).flat();
  const ids = long.tokens[0]?.top.map(({ id }) => id) ?? [];
  const positions = Array.from({ length: auditedPositions }, (_, i) => ({ index: i * 3, ids }));
  const audit = await secondsOf(() =>
    model.score({ ...long, sampler: 'seeded', outputIds, positions, asksEnd: false }, never),
  );
  const written = await secondsOf(() => answer(model, prompt, 2));
  return [
    { who: 'audit', value: audit, note: `one prefill, ${auditedPositions} positions of ${outputIds.length}` },
    { who: 'generation', value: (written / outputTokens) * outputIds.length, note: 'one answer at a time' },
  ];
}

function show(honest: readonly Compared[], cheating: readonly Compared[]): void {
  const shapes = [64, 32, 16, 8].map((count) => ({ count, tokens: count === 32 ? outputTokens : count }));
  console.table(shapes.flatMap((shape) => [row('honest', honest, shape), row('Q4_0', cheating, shape)]));
  for (const [name, compared] of Object.entries({ honest, Q4_0: cheating })) {
    const positions = compared.reduce((sum, { variationsPpb }) => sum + variationsPpb.length, 0);
    const likeliest = compared.reduce((sum, one) => sum + one.argmaxMismatches, 0);
    const choices = compared.reduce((sum, one) => sum + one.choiceMismatches, 0);
    console.log(
      `   ${name}: of ${positions} positions the likeliest token differs at ${likeliest}, the choice at ${choices}`,
    );
  }
}

export const bench: Bench = {
  id: 7,
  title: 'What an audit costs beside generation; T1 of honest answers and of the same weights in four bits',
  unit: 's',
  target: 'verification §6',
  compared: true,
  async run(say) {
    const home = process.env['ASSAY_HOME'] ?? join(homedir(), '.assay');
    const { path } = await resolveModel(undefined, { home });
    const folder = await mkdtemp(join(tmpdir(), 'assay-bench-t1-'));
    await using backend = await startLlamaBackend();
    const reference = await backend.open(path);
    try {
      const cut = join(folder, 'cut.gguf');
      say('cutting the model down');
      await requantise(path, cut, 'Q4_0');
      say('honest answers');
      const honest = await measure(reference, reference);
      say('answers of the cut model');
      show(honest, await measure(await backend.open(cut), reference));
      return await costs(reference);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
