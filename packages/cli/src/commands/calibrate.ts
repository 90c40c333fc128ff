import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '@assay/explain/table';
import { LEAST_PROFILE_REQUESTS, type ProfileFlaw } from '@assay/ledger';
import type { Upstream } from '@assay/node/host/backend';
import type { LlamaBackend } from '@assay/node/inference/llama/backend';
import type { CalibrationProgress } from '@assay/node/inference/noise/calibrate';
import type { MeasuredNoise } from '@assay/node/inference/noise/profile';
import { EngineInfo } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import { resolveShown } from '../model-progress.ts';
import { LiveLine } from '../terminal.ts';
import { untilAskedToStop } from '../until-asked-to-stop.ts';
import { upstreamInput, upstreamOf, upstreamOptions } from '../upstream-options.ts';

/** Answers of the same weights in four bits: their median is wanted, not their ends. */
const substitutes = 60;
const mostRequests = 100_000;
const quietMs = 10_000;

const engine = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const quantiles = z.object({ p50: z.int(), p99: z.int(), p999: z.int(), max: z.int() });
const findings = z.object({
  requests: z.int(),
  positions: z.int(),
  t1Ppb: quantiles,
  marginMicro: quantiles,
  leadMicro: quantiles,
  /** Part of all positions whose token is no choice within the margin of the profile. */
  mismatches: z.number(),
});
const output = z.object({
  model: z.object({ name: z.string(), fileHash: z.string() }),
  miner: engine,
  auditor: engine,
  /** As `assay tx propose --noise-profile` takes it, but for the model. */
  profile: z.object({
    minerEngine: z.string(),
    auditorEngine: z.string(),
    requests: z.int(),
    t1LimitPpb: z.int(),
    marginMicro: z.int(),
    substituteT1Ppb: z.int(),
    substituteMismatchesPpb: z.int(),
  }),
  /** Why no network would put it in force; null where one would. */
  flaw: z.enum(['requests', 'limit', 'margin', 'separation', 'mismatches', 'engines']).nullable(),
  honest: findings,
  substituted: findings,
});
type Output = z.infer<typeof output>;

const input = z.object({
  model: z.string().optional(),
  ...upstreamInput,
  requests: wholeNumber('--requests', { min: LEAST_PROFILE_REQUESTS, max: mostRequests }).default(
    LEAST_PROFILE_REQUESTS,
  ),
  out: z.string().optional(),
});
type Input = z.infer<typeof input>;

export const calibrateCommand = defineCommand({
  name: 'calibrate',
  summary: 'Measure how far honest answers of an engine are from what an auditor finds, for a noise profile.',
  arguments: [
    { syntax: '[model]', description: 'a GGUF file, or a model of `assay models list` (default: the default)' },
  ],
  options: [
    ...upstreamOptions,
    { syntax: '--requests <N>', description: `honest requests (default and least ${LEAST_PROFILE_REQUESTS})` },
    { syntax: '--out <FILE>', description: 'write the profile to a file, too' },
  ],
  input,
  output,
  run: async (invocation) => {
    const { out } = invocation.input;
    if (out !== undefined) requireWritable(out);
    const measured = await measure(invocation);
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(measured, null, 2)}\n`);
    return measured;
  },
  print: (measured) => [...rows(measured), '', ...conclusion(measured)],
  exit: ({ flaw }) => (flaw === null || flaw === 'engines' ? 'ok' : 'refused'),
});

/** Before the work of minutes. */
function requireWritable(path: string): void {
  try {
    appendFileSync(path, '');
  } catch (error) {
    throw new CliError('usage', `--out ${path} cannot be written: ${(error as Error).message}.`);
  }
}

async function measure({ input, home, terminal }: Invocation<Input>): Promise<Output> {
  const { calibrate } = await import('@assay/node/inference/noise/calibrate');
  const { startLlamaBackend } = await import('@assay/node/inference/llama/backend');
  const file = await resolveShown(input.model, { home, terminal });
  const controller = new AbortController();
  const directory = join(home, 'noise');
  void untilAskedToStop().then(() => {
    const kept = `What is measured is kept in ${directory}; the same command goes on there.`;
    controller.abort(new CliError('interrupted', `Interrupted. ${kept}`));
  });
  const live = new LiveLine(terminal.note, quietMs);
  await using auditor = await startLlamaBackend();
  try {
    const miner = await minerOf(upstreamOf(input), { auditor, path: file.path });
    const asked = { file, auditor, miner, requests: input.requests, substitutes, directory };
    const onProgress = (progress: CalibrationProgress) => live.show(progressLine(progress));
    const { profile, ...rest } = await calibrate({ ...asked, onProgress }, controller.signal);
    const { minerEngine, auditorEngine } = profile;
    const shown = (info: EngineInfo) => EngineInfo.toJson(info) as z.infer<typeof engine>;
    return {
      model: { name: file.name, fileHash: file.fileHash },
      miner: shown(miner?.engine ?? auditor.engine),
      auditor: shown(auditor.engine),
      profile: { ...profile, minerEngine: `0x${toHex(minerEngine)}`, auditorEngine: `0x${toHex(auditorEngine)}` },
      ...rest,
    };
  } finally {
    live.end();
  }
}

/** The server that answers, where one is named. */
async function minerOf(upstream: Upstream | null, { auditor, path }: { auditor: LlamaBackend; path: string }) {
  if (upstream === null) return null;
  const { openServedModel } = await import('@assay/node/inference/upstream/served-model');
  const { url, model: modelName } = upstream;
  const apiKey = process.env.OPENAI_API_KEY;
  const opened = await openServedModel(auditor, path, { url, modelName, apiKey, contextTokens: null });
  if ('model' in opened) return opened;
  throw new CliError('usage', `The server at ${url} gives text only, so there is nothing to measure. ${opened.reason}`);
}

const parts = { honest: 'Honest answers', substituted: 'Answers in four bits' } as const;

function progressLine({ part, done, total, leftS }: CalibrationProgress): string {
  const left = leftS === null ? '' : `, about ${leftS < 90 ? `${leftS} s` : `${Math.round(leftS / 60)} minutes`} left`;
  return `${parts[part]}: ${done} of ${total}${left}`;
}

function rows({ honest, substituted }: Pick<MeasuredNoise, 'honest' | 'substituted'>): string[] {
  const figures = ({ p50, p99, p999, max }: z.infer<typeof quantiles>, unit: number) =>
    [p50, p99, p999, max].map((value) => (value === 0xffff_ffff ? 'none' : (value / unit).toFixed(4)));
  const both = { honest, 'in four bits': substituted };
  const rowsOf = Object.entries(both).flatMap(([who, { t1Ppb, marginMicro, leadMicro }]) => [
    [`T1, ${who}`, ...figures(t1Ppb, 1e9)],
    [`margin, ${who}`, ...figures(marginMicro, 1e6)],
    [`lead, ${who}`, ...figures(leadMicro, 1e6)],
  ]);
  return table(['', 'median', '99 %', '99.9 %', 'most'], rowsOf);
}

const reasons: Readonly<Record<ProfileFlaw, string>> = {
  requests: `It is made of fewer than ${LEAST_PROFILE_REQUESTS} answers. Ask for more with --requests.`,
  engines: 'Miner and auditor are one engine, which needs no profile: these numbers are what rounding leaves.',
  separation: 'The limit of T1 is not below half of what four bits give, so it would let a cheaper model pass.',
  mismatches: 'Within the margin nearly every token that four bits write is a choice, so no pool would find them.',
  margin: 'The margin is two nats or more: within it every token is a choice.',
  limit: 'The limit of T1 is above the largest that a model may have.',
};

function conclusion({ profile, flaw, honest, substituted }: Output): string[] {
  const { t1LimitPpb, marginMicro } = profile;
  const percent = (part: number) => `${(100 * part).toFixed(2)} %`;
  const limits = `Limits: T1 ${(t1LimitPpb / 1e9).toFixed(4)}, margin ${(marginMicro / 1e6).toFixed(3)} nats.`;
  const [own, cut] = [honest, substituted].map(({ mismatches }) => percent(mismatches));
  const misses = `Beyond the margin: ${own} of honest tokens, ${cut} in four bits.`;
  if (flaw !== null) return [limits, misses, reasons[flaw]];
  const fields = Object.entries(profile).map(([name, value]) => `${name}=${value}`);
  return [limits, misses, 'Put it to the vote:', `  assay tx propose --noise-profile model=N,${fields.join(',')}`];
}
