import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@assay/protocol';
import { requantise } from '../inference/gguf/requantise.ts';
import { startLlamaBackend } from '../inference/llama/backend.ts';
import type { GeneratedToken, InferenceModel } from '../inference/port.ts';
import { resolveModel } from '../models/resolve.ts';
import { compareDistributions, probabilityPpb, type ReportedPosition, variationPpb } from './distribution.ts';
import { drawPositions } from './positions.ts';

/**
 * T1 of honest miners and of one that serves the same weights in four bits, and what an audit costs. Honest miners decode
 * token by token, four at once, while audits of earlier answers run beside them; the auditor scores in one prefill.
 *
 *     node packages/node/src/audit/t1.bench.ts [MODEL]
 */
const outputTokens = 64;
const parallel = 4;
const drawsPerAnswer = 200;
const subjects =
  'bread,the moon,taxes,chess,rivers,batteries,trust,glass,whales,maps,coffee,bridges,' +
  'sleep,trees,steel,music,money,bees,clocks,rain,paper,ships,vaccines,gravity';
const forms = ['Explain # to a child.', 'Write a short story about #.', 'List three facts about #.'];
const never = new AbortController().signal;

interface Answered {
  readonly promptIds: readonly number[];
  readonly tokens: readonly GeneratedToken[];
}

interface Compared {
  readonly variationsPpb: readonly number[];
  readonly mismatches: number;
}

async function answer(model: InferenceModel, prompt: string, seed: number): Promise<Answered> {
  const promptIds = await model.render([{ role: 'user', content: prompt }]);
  const sampling = { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed };
  const request = { promptIds, maxTokens: outputTokens, sampling, stop: [], topLogprobs: 5 };
  const tokens: GeneratedToken[] = [];
  for await (const event of model.generate(request, never)) if (event.type === 'tokens') tokens.push(...event.tokens);
  return { promptIds, tokens };
}

async function compare(reference: InferenceModel, { promptIds, tokens }: Answered): Promise<Compared> {
  const reported = tokens.map(({ top }, index): ReportedPosition => {
    return {
      index,
      ids: top.map(({ id }) => id),
      probabilitiesPpb: top.map((one) => probabilityPpb(one.negLogprobMicro)),
    };
  });
  const outputIds = tokens.map(({ id }) => id);
  const scored = await reference.score({ promptIds, outputIds, positions: reported }, never);
  const variationsPpb = reported.map((position, i) =>
    variationPpb(position, scored[i] ?? { probabilitiesPpb: [], argmaxId: -1 }),
  );
  return { variationsPpb, mismatches: compareDistributions(reported, scored).argmaxMismatches };
}

/** All prompts answered by `served`, `parallel` at a time, each scored on `reference` while others are still written. */
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

async function auditCost(model: InferenceModel): Promise<Record<string, string>[]> {
  const long = await answer(model, 'Tell a very long story about a lighthouse and all who came to it.', 1);
  const outputIds = Array.from({ length: 4 }, () => long.tokens.map(({ id }) => id)).flat();
  const rows: Record<string, string>[] = [];
  for (const count of [0, 32, 64]) {
    const ids = long.tokens[0]?.top.map(({ id }) => id) ?? [];
    const positions = Array.from({ length: count }, (_, i) => ({ index: i * 3, ids }));
    positions.push({ index: outputIds.length - 1, ids });
    const startMs = performance.now();
    for (let i = 0; i < 5; i++) await model.score({ promptIds: long.promptIds, outputIds, positions }, never);
    const ms = (performance.now() - startMs) / 5;
    rows.push({
      tokens: String(long.promptIds.length + outputIds.length),
      positions: String(count),
      ms: ms.toFixed(0),
    });
  }
  return rows;
}

async function speed(model: InferenceModel, count: number): Promise<string> {
  const startMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: count }, (_, seed) => answer(model, 'Tell a very long story about the sea.', seed)),
  );
  const tokens = answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return ((tokens / (performance.now() - startMs)) * 1000).toFixed(1);
}

async function main(): Promise<void> {
  const home = process.env['ASSAY_HOME'] ?? join(homedir(), '.assay');
  const { path } = await resolveModel(process.argv[2], { home });
  const folder = await mkdtemp(join(tmpdir(), 't1-'));
  const startMs = performance.now();
  await using backend = await startLlamaBackend();
  const reference = await backend.open(path);
  console.log(
    `engine ${new TextDecoder().decode(backend.engine.backend)}, ready in ${(performance.now() - startMs).toFixed(0)} ms`,
  );
  try {
    const cut = join(folder, 'cut.gguf');
    await requantise(path, cut, 'Q4_0');
    const honest = await measure(reference, reference);
    const cheating = await measure(await backend.open(cut), reference);
    const shapes = [
      { count: 64, tokens: 64 },
      { count: 32, tokens: 64 },
      { count: 16, tokens: 16 },
      { count: 8, tokens: 8 },
    ];
    console.table(shapes.flatMap((shape) => [row('honest', honest, shape), row('Q4_0', cheating, shape)]));
    for (const [name, compared] of Object.entries({ honest, Q4_0: cheating })) {
      const positions = compared.reduce((sum, { variationsPpb }) => sum + variationsPpb.length, 0);
      const mismatches = compared.reduce((sum, one) => sum + one.mismatches, 0);
      console.log(`${name}: argmax differs at ${mismatches} of ${positions} positions`);
    }
    console.log(`tokens/s: one answer ${await speed(reference, 1)}, four at once ${await speed(reference, 4)}`);
    console.table(await auditCost(reference));
  } finally {
    await rm(folder, { recursive: true });
  }
}

await main();
