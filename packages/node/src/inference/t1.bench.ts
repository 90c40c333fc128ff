import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import { drawPositions } from '@assay/roles/audit/positions';
import type { InferenceModel } from '@assay/roles/ports/inference';
import { sha256 } from '@assay/ssz';
import { type Bench, type Row, secondsOf } from '../../../../bench/bench.ts';
import { resolveModel } from '../models/resolve.ts';
import { requantise } from './gguf/requantise.ts';
import { startLlamaBackend } from './llama/backend.ts';
import { mismatchesOf } from './noise/profile.ts';
import { honestRequest } from './noise/requests.ts';
import { answerOf, auditedPositions, type Sample, samplesOf } from './noise/sample.ts';

/*
 * Honest miners decode token by token, four at once, while audits of earlier answers run beside them; the auditor
 * scores in one prefill.
 */
const requests = 24;
const outputTokens = 64;
const parallel = 4;
const auditedTokens = 256;
const drawsPerAnswer = 200;
const never = new AbortController().signal;
const engine = { sampler: 'seeded' } as const;
const long = { ...honestRequest(8), maxTokens: outputTokens };

async function measure(model: InferenceModel, auditor: InferenceModel): Promise<Sample[]> {
  const numbered = Array.from({ length: requests }, (_, i) => {
    return [i, { ...honestRequest(i), maxTokens: outputTokens }] as const;
  });
  const found: Sample[] = [];
  for await (const [, sample] of samplesOf({ miner: { model, engine }, auditor, parallel }, numbered, never)) {
    found.push(sample);
  }
  return found;
}

/** T1 of `count` positions drawn from the first `tokens` of each answer, many draws of each, ascending. */
function t1(compared: readonly Sample[], { count, tokens }: { count: number; tokens: number }): number[] {
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

function row(name: string, compared: readonly Sample[], shape: { count: number; tokens: number }) {
  const values = t1(compared, shape);
  const at = (share: number) =>
    (values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0).toFixed(5);
  return { served: name, ...shape, min: at(0), median: at(0.5), 'p99.9': at(0.999), max: at(1) };
}

/** Seconds to write an answer of `auditedTokens`, and to audit one at so many positions. */
async function costs(model: InferenceModel): Promise<Row[]> {
  const { tokens, ...answer } = await answerOf({ model, engine }, long, never);
  const outputIds = Array.from({ length: auditedTokens }, (_, i) => tokens[i % tokens.length]?.id ?? 0);
  const ids = tokens[0]?.top.map(({ id }) => id) ?? [];
  const positions = Array.from({ length: auditedPositions }, (_, i) => ({ index: i * 3, ids }));
  const audit = await secondsOf(() => model.score({ ...answer, outputIds, positions, asksEnd: false }, never));
  const written = await secondsOf(() => answerOf({ model, engine }, long, never));
  return [
    { who: 'audit', value: audit, note: `one prefill, ${auditedPositions} positions of ${auditedTokens}` },
    { who: 'generation', value: (written / tokens.length) * auditedTokens, note: 'one answer at a time' },
  ];
}

function show(honest: readonly Sample[], cheating: readonly Sample[]): void {
  const shapes = [64, 32, 16, 8].map((count) => ({ count, tokens: count === 32 ? outputTokens : count }));
  console.table(shapes.flatMap((shape) => [row('honest', honest, shape), row('Q4_0', cheating, shape)]));
  for (const [name, compared] of Object.entries({ honest, Q4_0: cheating })) {
    const choices = (100 * mismatchesOf(compared, equalMarginMicro)).toFixed(1);
    console.log(`   ${name}: the choice differs at ${choices} % of the positions`);
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
