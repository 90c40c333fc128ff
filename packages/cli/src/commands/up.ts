import { join } from 'node:path';
import { settingOption } from '@assay/explain/gov/settings';
import type { Devnet, DevnetStatus } from '@assay/node/devnet/port';
import { presetNames } from '@assay/node/presets/presets';
import { z } from 'zod';
import { type Announced, readAttackers } from '../attackers.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { agreeToFresh, requireDataDirectory } from '../fresh.ts';
import { wholeNumber } from '../inputs.ts';
import { resolveShown } from '../model-progress.ts';
import { presetOption } from '../preset-option.ts';
import { profileInput, profileOption } from '../profile-option.ts';
import { statusLine } from '../status-line.ts';
import { LiveLine } from '../terminal.ts';
import { untilAskedToStop } from '../until-asked-to-stop.ts';
import { upstreamInput, upstreamOf, upstreamOptions } from '../upstream-options.ts';
import { frontLines } from '../welcome.ts';

const standardPort = 4010;
const standardMiners = 3;
const pollMs = 250;
const quietMs = 10_000;
const stopMs = 3000;

const origin = z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/, {
  error: (issue) => `--cors takes an origin such as https://app.example, not "${String(issue.input)}".`,
});
const hostName = z.string().regex(/^[a-z0-9.-]+$/i, {
  error: (issue) => `--allow-host takes a name such as node.example, without a port, not "${String(issue.input)}".`,
});
const input = z.object({
  model: z.string().optional(),
  ...upstreamInput,
  port: wholeNumber('--port', { min: 0, max: 65_535 }).optional(),
  miners: wholeNumber('--miners', { min: 1, max: 64 }).optional(),
  context: wholeNumber('--context', { min: 256, max: 131_072 }).optional(),
  threads: wholeNumber('--threads', { min: 1, max: 1024 }).optional(),
  preset: presetOption.optional(),
  set: settingOption,
  profile: profileInput,
  cors: z.array(origin).default([]),
  allowHost: z.array(hostName).default([]),
  fresh: z.boolean().default(false),
  newChain: z.boolean().default(false),
  adversary: z.string().optional(),
  processes: z.boolean().default(false),
});

const count = z.int();
const units = z.string();
const statusEvent = z.object({
  event: z.literal('status'),
  height: count,
  epoch: count,
  tasks: count,
  auditsPassed: count,
  auditsFailed: count,
  paidUnits: units,
  attackers: z
    .object({
      name: z.string(),
      role: z.string(),
      members: z.array(count),
      strikes: count,
      rejectedTasks: count,
      trustPpb: count.nullable(),
      refundedUnits: units,
      cases: z.array(count),
    })
    .nullable(),
});
const line = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), api: z.string(), apiKey: z.string(), dataDir: z.string() }),
  statusEvent,
  z.object({ event: z.literal('stopped') }),
]);

export const upCommand = defineCommand({
  name: 'up',
  summary: 'Run a whole network in this process; Ctrl-C ends it.',
  arguments: [],
  options: [
    { syntax: '--model <FILE|NAME>', description: 'a GGUF file, or a model of `assay models list`' },
    ...upstreamOptions,
    { syntax: '--port <N>', description: `port of the API (default ${standardPort}; 0 picks a free one)` },
    { syntax: '--miners <N>', description: `how many miners, 1 to 64 (default ${standardMiners})` },
    {
      syntax: '--context <TOKENS>',
      description: 'longest prompt plus answer of a new network (default: 2048, with an upstream 8192)',
    },
    {
      syntax: '--threads <N>',
      description: 'threads of each answer of the built-in backend (default: by the size of the model)',
    },
    { syntax: '--preset <NAME>', description: `parameters of a new network: ${presetNames.join(', ')}` },
    { syntax: '--set <PATH=VALUE...>', description: 'a parameter of a new network, and its value; as often as needed' },
    profileOption,
    { syntax: '--cors <ORIGIN...>', description: 'pages of this origin may read the API and ask for completions' },
    { syntax: '--allow-host <NAME...>', description: 'one more name that the API answers to, as behind a proxy' },
    {
      syntax: '--adversary <NAME[:SHARE]>',
      description:
        'an attack of `assay adversaries`, by a part of the members of its role (0.5: half; one when not said)',
    },
    { syntax: '--processes', description: 'a process for each role, which find each other by the network' },
    { syntax: '--fresh', description: 'delete the chain and the keys of the data directory first' },
    { syntax: '--new-chain', description: 'begin a chain from a genesis and keys that are there and never signed' },
  ],
  input,
  output: line,
  streams: true,
  run: async (invocation) => {
    const announced = await announcedFor(invocation.input);
    const askedToStop = untilAskedToStop();
    if (invocation.input.processes) return runProcesses(invocation, askedToStop);
    const devnet = await Promise.race([boot(invocation, announced), askedToStop]);
    if (devnet === null) throw new CliError('interrupted', 'Interrupted before the network was up.');
    const { json, terminal } = invocation;
    const say = (event: z.infer<typeof line>) => terminal.out.write(`${JSON.stringify(event)}\n`);
    const { apiUrl, apiKey, dataDir } = devnet;
    if (json) say({ event: 'ready', api: `${apiUrl}/v1`, apiKey, dataDir });
    else for (const text of welcome(devnet)) terminal.out.write(`${text}\n`);

    const live = new LiveLine(terminal.out, quietMs);
    const show = json
      ? onChange((status) => say(eventOf(status)))
      : (status: DevnetStatus) => live.show(statusLine(status));
    const timer = setInterval(() => show(devnet.status()), pollMs);
    let failure = await Promise.race([devnet.failed, askedToStop]);
    clearInterval(timer);
    live.end();
    if (!json) terminal.note.write(failure === null ? 'Stopping …\n' : 'The network cannot go on. Stopping …\n');
    // Why it ended is worth more than that its end took long.
    await stopWithin(devnet, stopMs).catch((late: Error) => {
      failure ??= late;
    });
    if (failure !== null) throw failure;
    const stopped = { event: 'stopped' as const };
    if (json) say(stopped);
    return stopped;
  },
  print: (_, { processes }) => {
    const again = processes ? 'npm start -- --processes' : 'npm start';
    return [`Stopped. Nothing is lost: \`${again}\` goes on from here.`];
  },
});

/** The same network with a process for each role. */
async function runProcesses(invocation: Invocation<z.infer<typeof input>>, askedToStop: Promise<null>) {
  const { input: asked, terminal, home, dataDir, isDataNamed } = invocation;
  const one = ['--adversary', '--new-chain', '--port', '--cors', '--allow-host'] as const;
  const given = [
    asked.adversary !== undefined,
    asked.newChain,
    asked.port !== undefined,
    asked.cors.length > 0,
    asked.allowHost.length > 0,
  ];
  const wrong = one.filter((_, i) => given[i]);
  if (wrong.length > 0) {
    throw new CliError(
      'usage',
      `${wrong.join(' and ')} ${wrong.length > 1 ? 'are' : 'is'} for the network in one process.`,
    );
  }
  const { runDevnetProcesses } = await import('../network/devnet.ts');
  const { model, context, threads, preset, set: settings, profile: profiles, fresh } = asked;
  await runDevnetProcesses(
    {
      dir: isDataNamed ? dataDir : join(home, 'devnet-processes'),
      miners: asked.miners ?? standardMiners,
      model,
      upstream: upstreamOf(asked),
      context,
      threads,
      preset,
      settings,
      profiles,
      fresh,
    },
    invocation,
    { askedToStop, say: (event) => terminal.out.write(`${JSON.stringify(event)}\n`) },
  );
  return { event: 'stopped' as const };
}

type Booted = Devnet & { readonly announced: readonly string[] };

/** Who attacks, if somebody is to. */
async function announcedFor({ adversary, upstream, miners = standardMiners }: z.infer<typeof input>) {
  if (adversary === undefined) return null;
  const announced = await readAttackers(adversary, miners);
  if (upstream === undefined) return announced;
  throw new CliError('usage', '--adversary is for the built-in backend, not for --upstream.');
}

async function boot(
  { input: asked, ...run }: Invocation<z.infer<typeof input>>,
  announced: Announced | null,
): Promise<Booted> {
  const { dataDir, home, json, terminal } = run;
  requireDataDirectory(dataDir);
  const fresh = asked.fresh && (await agreeToFresh(dataDir, { terminal, json }));
  const upstream = upstreamOf(asked);
  const isTextOnly = upstream !== null && asked.model === undefined;
  const model = isTextOnly ? null : await resolveShown(asked.model, { home, terminal });
  const { startDevnet } = await import('@assay/node/devnet/devnet');
  const devnet = await startDevnet({
    dataDir,
    port: asked.port ?? standardPort,
    model,
    upstream,
    miners: asked.miners ?? standardMiners,
    contextTokens: asked.context ?? null,
    threads: asked.threads ?? null,
    preset: asked.preset ?? null,
    settings: asked.set,
    profiles: asked.profile,
    origins: asked.cors,
    hostNames: asked.allowHost,
    attackers: announced?.attackers ?? null,
    fresh,
    newChain: asked.newChain,
    onProgress: (text) => terminal.note.write(`${text}\n`),
  });
  return { ...devnet, announced: announced === null ? [] : [...announced.lines, ...watching(run)] };
}

function welcome({ apiUrl, apiKey, dataDir, modelName, announced }: Booted): string[] {
  return ['', 'Assay is running.', '', ...frontLines({ api: apiUrl, apiKey, dataDir, modelName }), ...announced];
}

/** Where a person sees what becomes of an attack. */
function watching({ dataDir, isDataNamed }: { readonly dataDir: string; readonly isDataNamed: boolean }): string[] {
  const at = isDataNamed ? ` --data ${dataDir}` : '';
  const commands = ['tasks', 'explain audit TASK', 'case list', 'case show CASE'].map(
    (words) => `npx assay ${words}${at}`,
  );
  return ['Watch it:', ...commands.map((command) => `  ${command}`), ''];
}

function eventOf(status: DevnetStatus): z.infer<typeof statusEvent> {
  const { attackers, paidUnits, ...counts } = status;
  return {
    event: 'status',
    ...counts,
    paidUnits: String(paidUnits),
    attackers:
      attackers === null
        ? null
        : {
            ...attackers,
            members: [...attackers.members],
            cases: [...attackers.cases],
            refundedUnits: String(attackers.refundedUnits),
          },
  };
}

function onChange(say: (status: DevnetStatus) => void): (status: DevnetStatus) => void {
  let shown = '';
  return (status) => {
    const text = JSON.stringify(eventOf(status));
    if (text !== shown) say(status);
    shown = text;
  };
}

async function stopWithin(devnet: Devnet, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `The network did not end within ${limitMs / 1000} s and was cut off. Nothing acknowledged is lost.`;
    timer = setTimeout(() => reject(new CliError('interrupted', message)), limitMs);
  });
  try {
    await Promise.race([devnet.stop(), late]);
  } finally {
    clearTimeout(timer);
  }
}
