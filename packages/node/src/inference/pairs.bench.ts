import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceModel } from '@assay/roles/ports/inference';
import type { Bench, Row } from '../../../../bench/bench.ts';
import { resolveModel } from '../models/resolve.ts';
import { cutLayers } from './gguf/cut-layers.ts';
import { requantise } from './gguf/requantise.ts';
import { type LlamaBackend, type LlamaOptions, startLlamaBackend } from './llama/backend.ts';
import { mismatchesOf, type Quantiles, statisticsOf } from './noise/profile.ts';
import { honestRequest } from './noise/requests.ts';
import { type Answer, answerOf, auditOf, type Sample, type Served, samplesOf } from './noise/sample.ts';
import { llamaServerBinary, llamaServerCure, startRealServer } from './upstream/real-server.fixture.ts';
import { openServedModel } from './upstream/served-model.ts';

/* One engine or file answers, another audits: how far honest pairs differ, and how far substitutions do. */
const requests = 24;
const parallel = 4;
const layersCut = [15, 29];
const serverContextTokens = 2048;
const never = new AbortController().signal;
const engine = { sampler: 'seeded' } as const;
const numbered = Array.from({ length: requests }, (_, i) => [i, honestRequest(i)] as const);

type Say = (line: string) => void;
/** How a miner, or an auditor, differs from what all nodes run. */
interface Variant {
  readonly who: string;
  readonly options: LlamaOptions;
}

/** What no name says is the best that the processor has. */
const kernels = ['x64', 'sse42', 'sandybridge', 'ivybridge', 'piledriver', 'best', 'skylakex'];
const auditors: readonly Variant[] = [
  { who: 'itself', options: {} },
  ...kernels.map((name) => ({ who: `kernels ${name}`, options: { numerics: { kernels: name } } })),
];
const miners: readonly Variant[] = [
  ...(availableParallelism() > 1 ? [{ who: 'two threads', options: { threads: 2 } }] : []),
  { who: 'in the company of others', options: { numerics: { sharesBatches: true } } },
  { who: 'attention not flash', options: { numerics: { flashAttention: false } } },
  { who: 'cache in Q8_0', options: { numerics: { kvType: 'q8_0' } } },
];
const lines: object[] = [];

function rowOf(who: string, samples: readonly Sample[]): Row {
  const { t1Ppb, marginMicro } = statisticsOf(samples);
  const shown = (name: string, { p50, p99, p999, max }: Quantiles, unit: number) => {
    const each = { p50, p99, 'p99.9': p999, max };
    return Object.fromEntries(Object.entries(each).map(([part, value]) => [`${name} ${part}`, textOf(value, unit)]));
  };
  const beyond = (margin: number) => `${(100 * mismatchesOf(samples, margin)).toFixed(2)} %`;
  const misses = { 'beyond 0.05': beyond(50_000), 'beyond 0.5': beyond(500_000) };
  lines.push({ who, ...shown('T1', t1Ppb, 1e9), ...shown('margin', marginMicro, 1e6), ...misses });
  return { who, value: t1Ppb.max / 1e9, note: `${beyond(50_000)} of choices differ` };
}

const textOf = (value: number, unit: number) => (value === 0xffff_ffff ? 'none' : (value / unit).toFixed(4));

/** Answers of a model, each audited by the auditor while others are written. */
async function served(who: string, miner: Served, auditor: InferenceModel): Promise<Row> {
  const found: Sample[] = [];
  for await (const [, sample] of samplesOf({ miner, auditor, parallel }, numbered, never)) {
    found.push(sample);
  }
  return rowOf(who, found);
}

/** The same answers audited by others. */
async function audited(path: string, answers: readonly Answer[], say: Say): Promise<Row[]> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const { who, options } of auditors) {
    say(`audited by ${who}`);
    await using backend = await startLlamaBackend(options);
    // A processor without some kernels runs the best it has, which were seen, or are yet to come.
    const asked = options.numerics?.kernels;
    if (seen.has(backend.engine.backend)) {
      rows.push({ who, value: null, note: `this processor has no kernels ${asked}` });
      continue;
    }
    seen.add(backend.engine.backend);
    const auditor = await backend.open(path);
    const found: Sample[] = [];
    for (const answer of answers) found.push(await auditOf(auditor, answer, never));
    rows.push(rowOf(who, found));
  }
  return rows;
}

/** llama.cpp's own server, with whatever kernels and version it has. */
async function server(backend: LlamaBackend, path: string, auditor: InferenceModel, say: Say): Promise<Row> {
  const who = 'llama.cpp server';
  if (llamaServerBinary === null) return { who, value: null, note: llamaServerCure };
  say(`miner: ${who}`);
  const { url, close } = await startRealServer(llamaServerBinary, path, serverContextTokens);
  try {
    const miner = await openServedModel(backend, path, { url, modelName: null, contextTokens: null });
    return 'model' in miner ? await served(who, miner, auditor) : { who, value: null, note: miner.reason };
  } finally {
    await close();
  }
}

async function measure(path: string, folder: string, say: Say): Promise<Row[]> {
  await using backend = await startLlamaBackend();
  const reference = await backend.open(path);
  const answers: Answer[] = [];
  say('honest answers');
  for (const [, request] of numbered) answers.push(await answerOf({ model: reference, engine }, request, never));
  const rows = await audited(
    path,
    answers.filter(({ tokens }) => tokens.length > 0),
    say,
  );
  for (const { who, options } of miners) {
    say(`miner: ${who}`);
    await using miner = await startLlamaBackend(options);
    rows.push(await served(who, { model: await miner.open(path), engine }, reference));
  }
  rows.push(await server(backend, path, reference, say));
  const file = async (name: string, write: (target: string) => Promise<void>) => {
    const target = join(folder, `${name}.gguf`);
    say(`writing ${name}`);
    await write(target);
    return backend.open(target);
  };
  const half = await file('F16', (target) => requantise(path, target, 'F16'));
  const brain = await file('BF16', (target) => requantise(path, target, 'BF16'));
  rows.push(await served('weights BF16, audited with F16', { model: brain, engine }, half));
  for (const type of ['Q5_0', 'Q4_0'] as const) {
    const cut = await file(type, (target) => requantise(path, target, type));
    rows.push(await served(`instead: weights in ${type}`, { model: cut, engine }, reference));
  }
  for (const layer of layersCut) {
    const cut = await file(`without-${layer}`, (target) => cutLayers(path, target, (each) => each === layer));
    rows.push(await served(`instead: without layer ${layer}`, { model: cut, engine }, reference));
  }
  return rows;
}

export const bench: Bench = {
  id: 14,
  title: 'How far honest pairs of engines differ, and substitutions: T1 at most',
  unit: 'T1',
  target: 'verification §6',
  compared: false,
  async run(say) {
    const home = process.env['ASSAY_HOME'] ?? join(homedir(), '.assay');
    const { path } = await resolveModel(undefined, { home });
    const folder = await mkdtemp(join(tmpdir(), 'assay-bench-pairs-'));
    try {
      const rows = await measure(path, folder, say);
      console.table(lines);
      return rows;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
