/**
 * `npm run justice`: who is caught, who is blamed, and what it costs, from real runs of a model and from lives under
 * the ledger's own rules. `--quick` runs few of each; `--json FILE` and `--svg FILE` keep table and curves.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { devnetParams } from '@assay/node/devnet/genesis';
import { honestT1LimitPpb } from '@assay/node/host/backend';
import { startLlamaBackend } from '@assay/node/inference/llama/backend';
import { resolveModel } from '@assay/node/models/resolve';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { adversaries } from '../adversaries/index.ts';
import { curvesSvg } from './curves.ts';
import { errorCurves } from './epochs.ts';
import { bandwidthRow, identitiesRow, lazyRow } from './ledger-rows.ts';
import { overheadPairs } from './overhead.ts';
import { cooledFindings, type RealRun, realFindings } from './real.ts';
import {
  collusionRow,
  confirmedRow,
  cooledRow,
  costRow,
  curveRow,
  detectionRow,
  ejectionRow,
  falseAlarmRow,
  type Ground,
  honestRow,
  overheadRow,
  preFillRow,
  type Row,
  washRow,
  worthRow,
} from './rows.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    answers: { type: 'string' },
    model: { type: 'string' },
    json: { type: 'string' },
    svg: { type: 'string' },
  },
});

const say = (line: string) => process.stderr.write(`${line}\n`);

function whole(name: 'seed' | 'answers', fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (Number.isSafeInteger(value) && value >= 1 && value <= 1_000_000) return value;
  say(`--${name} takes a whole number from 1 to 1,000,000, not "${values[name]}".`);
  return process.exit(2);
}

const variants = { requantised: 'requantised', layerCut: 'layer-cut', smaller: 'smaller-model' } as const;

/** Parts of the temperature that was asked for, at each of which half as many answers are written. */
const coolings = values.quick ? [0.9] : [0.6, 0.7, 0.8, 0.9];

/** Answers of the registered model and of what cheats serve in its place, all audited. */
async function realRuns(answers: number): Promise<Pick<Ground, 'real' | 'cooled' | 'overhead'>> {
  const home = process.env['ASSAY_HOME'] ?? join(homedir(), '.assay');
  const { path, name } = await resolveModel(values.model, { home });
  const folder = await mkdtemp(join(tmpdir(), 'assay-justice-'));
  await using backend = await startLlamaBackend();
  try {
    const registered = await backend.open(path);
    const { engine } = backend;
    const { positions } = devnetParams.audit;
    const maxTokens = values.quick ? positions : 2 * positions;
    const runOf = (what: string, served: typeof registered, count = answers): RealRun => {
      const onAnswer = (done: number) => {
        if (done % 10 === 0 || done === count) say(`${what}: ${done} of ${count} answers of ${name}`);
      };
      return { served, registered, engine, answers: count, maxTokens, positions, onAnswer };
    };
    const cheap = async (adversary: string) => {
      const target = join(folder, `${adversary}.gguf`);
      await adversaries.find((each) => each.name === adversary)?.cheapen?.(path, target);
      return backend.open(target);
    };
    const half = Math.ceil(answers / 2);
    const honest = await realFindings(runOf('honest', registered));
    const overhead = await overheadPairs(runOf('bare and mined', registered, values.quick ? half : answers), {
      chainId: name,
      genesisHash: new Uint8Array(32),
    });
    const fourBits = await cheap(variants.requantised);
    const requantised = await realFindings(runOf(variants.requantised, fourBits));
    const cooled = [];
    for (const share of coolings) cooled.push(await cooledFindings(runOf(`cooled to ${share}`, fourBits, half), share));
    const layerCut = await realFindings(runOf(variants.layerCut, await cheap(variants.layerCut)));
    const smaller = await realFindings(runOf(variants.smaller, await cheap(variants.smaller)));
    return { real: { honest, requantised, layerCut, smaller }, cooled, overhead };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rowsOf(ground: Ground): Row[] {
  const { honest, requantised, layerCut, smaller } = ground.real;
  return [
    detectionRow('4-bit weights for the claimed file', requantised.seeded, 0.99, ground),
    detectionRow('a tenth of the layers cut out', layerCut.seeded, 0.999, ground),
    detectionRow('a smaller model', smaller.seeded, 0.999, ground),
    detectionRow('4-bit weights behind a server’s own chance', requantised.byChance, 0.99, ground),
    preFillRow('4 bits write, the right model says the numbers', requantised.seeded, 300, ground),
    preFillRow('the same behind a server’s own chance', requantised.byChance, 300, ground),
    cooledRow(300, ground),
    cooledRow(1024, ground),
    falseAlarmRow('honest answers that fail', honest.seeded, ground),
    falseAlarmRow('the same behind a server’s own chance', honest.byChance, ground),
    confirmedRow(ground),
    ejectionRow(1, 6, ground),
    ejectionRow(0.3, 20, ground),
    honestRow(ground),
    worthRow(ground),
    collusionRow(),
    washRow(),
    costRow(ground),
    overheadRow(ground),
    lazyRow(ground),
    identitiesRow(ground),
    bandwidthRow(ground),
  ];
}

const scale = values.quick ? 0.01 : 1;
const runtime = new SimulatedRuntime({ seed: whole('seed', 1), log: say });
const runs = await realRuns(whole('answers', values.quick ? 3 : 300));
const ground = {
  params: devnetParams,
  t1ThresholdPpb: honestT1LimitPpb,
  ...runs,
  random: runtime.random('justice'),
  scale,
};
say('lives and epochs');
const rule = { lambda: 5, tau: 0.1, f: 0.01 };
const epochs = Math.round(200_000 * Math.max(scale, 0.05));
const curves = errorCurves(rule, { epochs, mostAlpha: 10, random: runtime.random('epochs') });
const rows = [...rowsOf(ground), curveRow(curves)];
const marks = { met: '✓', open: '?', missed: '✗' } as const;
for (const { measure, target, found, outcome, from, note } of rows) {
  process.stdout.write(`${marks[outcome]} ${measure.padEnd(52)} ${target.padEnd(32)} ${found}\n`);
  process.stdout.write(`  ${`${outcome}, ${from}`.padEnd(52)} ${note}\n`);
}
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ rows, curves, rule }, null, 2)}\n`);
}
const title = `λ = ${rule.lambda}, τ = ${rule.tau}, f = ${rule.f}: chances in one epoch of one mixer`;
if (values.svg !== undefined) await writeFile(values.svg, curvesSvg(curves, title));
