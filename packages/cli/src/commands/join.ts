import { join } from 'node:path';
import { hostAndPort, multiaddrOf, placeIn } from '@assay/node/host/places';
import type { RunningProcess } from '@assay/node/host/run-node';
import type { CometWish } from '@assay/node/join/set-up';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { accountAddress, wholeNumber } from '../inputs.ts';
import { withCure } from '../node-lines.ts';
import { RunLog, runLine, runShown } from '../run-shown.ts';
import { untilAskedToStop } from '../until-asked-to-stop.ts';
import { upstreamInput, upstreamOf, upstreamOptions } from '../upstream-options.ts';

const roles = ['miner', 'mixer', 'oracle', 'gateway', 'validator'] as const;
/** Those that others dial. */
const reached: ReadonlySet<(typeof roles)[number]> = new Set(['mixer', 'gateway']);
const standardPort = 4010;
const peerPort = 4020;
/** As CometBFT listens everywhere. */
const cometPort = 26_656;
const standardConcurrency = 2;

const place = z.string().refine((text) => placeIn(text, peerPort) !== null, {
  error: ({ input: given }) => `"${String(given)}" is no address and port, as 0.0.0.0:4020.`,
});

const input = z.object({
  invitation: z.string({ error: 'Give the invitation: the line that an operator of the network sent you.' }),
  role: z.enum(roles, `--role takes one of ${roles.join(', ')}.`).default('miner'),
  domain: wholeNumber('--domain', { min: 0, max: 1_000_000 }).default(0),
  owner: accountAddress.optional(),
  model: z.string().optional(),
  ...upstreamInput,
  threads: wholeNumber('--threads', { min: 1, max: 1024 }).optional(),
  concurrency: wholeNumber('--concurrency', { min: 1, max: 1024 }).default(standardConcurrency),
  port: wholeNumber('--port', { min: 0, max: 65_535 }).default(standardPort),
  listen: place.optional(),
  announce: place.optional(),
  cometPeer: z.array(z.string().regex(/^[0-9a-f]{40}@\S+:\d+$/, 'A CometBFT peer is ID@HOST:PORT.')).default([]),
  cometbft: z.string().optional(),
  checkOnly: z.boolean().default(false),
});
type Input = z.infer<typeof input>;

export const joinCommand = defineCommand({
  name: 'join',
  summary: 'Make an empty directory a node that serves in a network, and run it; again, it goes on where it was.',
  arguments: [{ syntax: '<invitation>', description: 'the line that `assay invite` printed at the network' }],
  options: [
    { syntax: '--role <ROLE>', description: `${roles.join(', ')} (default miner)` },
    { syntax: '--domain <N>', description: 'the domain a miner works in (default 0)' },
    { syntax: '--owner <ADDRESS>', description: 'owns the miner and its collateral (default: a key of its own file)' },
    { syntax: '--model <FILE|NAME>', description: 'what it serves (default: what the network does)' },
    ...upstreamOptions,
    { syntax: '--threads <N>', description: 'threads of each answer of the built-in backend' },
    { syntax: '--concurrency <N>', description: `tasks a miner runs at once (default ${standardConcurrency})` },
    { syntax: '--port <N>', description: `port of its API on this machine (default ${standardPort}; 0: any)` },
    {
      syntax: '--listen <ADDRESS:PORT>',
      description: `where a mixer or gateway listens (default 0.0.0.0:${peerPort}), a validator (0.0.0.0:${cometPort})`,
    },
    { syntax: '--announce <ADDRESS:PORT>', description: 'where others reach it, when that is another address' },
    {
      syntax: '--comet-peer <ID@HOST:PORT...>',
      description: 'of a validator: others of the network (default: those that its peers name)',
    },
    { syntax: '--cometbft <PATH>', description: 'of a validator: the program' },
    { syntax: '--check-only', description: 'set up and look at the machine; run nothing, pay nothing' },
  ],
  input,
  output: runLine,
  streams: true,
  run: async (invocation) => {
    const { input: asked, terminal, json, home, environment } = invocation;
    const askedToStop = untilAskedToStop();
    const log = new RunLog({ terminal, json });
    const { parseInvitation } = await import('@assay/node/host/invitation');
    const { setUp } = await import('@assay/node/join/set-up');
    const { passphraseFrom } = await import('@assay/node/keys/keystore');
    const invitation = parseInvitation(asked.invitation);
    const dataDir = invocation.isDataNamed ? invocation.dataDir : join(home, `${invitation.chainId}-${asked.role}`);
    const { model = null, threads = null, domain } = asked;
    const upstream = upstreamOf(asked);
    const setting = setUp({
      dataDir,
      invitation,
      role: asked.role,
      wish: { domain, model, upstream, threads, home },
      owner: asked.owner ?? null,
      ...placesOf(asked),
      apiPort: asked.port,
      concurrency: asked.concurrency,
      comet: cometOf(asked),
      passphrase: passphraseFrom(environment),
      onStep: (step) => log.step(step),
    });
    if ((await Promise.race([setting.then(() => true), askedToStop])) === null) {
      throw new CliError('interrupted', 'Interrupted. Run it again and it goes on from here.');
    }
    if (!asked.checkOnly) await serve(invocation, { dataDir, log, askedToStop });
    return { event: 'stopped' as const };
  },
  print: () => [],
});

interface Serve {
  readonly dataDir: string;
  readonly log: RunLog;
  readonly askedToStop: Promise<null>;
}

async function serve({ home, terminal }: Invocation<Input>, { dataDir, log, askedToStop }: Serve): Promise<void> {
  await runShown({
    dataDir,
    home,
    terminal,
    log,
    askedToStop,
    onReady: (node) => tellOfWork(node, log),
  });
}

/** Says what keeps the roles from earning, and when nothing does any more. */
function tellOfWork(node: RunningProcess, log: RunLog): void {
  let told = '';
  const tell = () => {
    const { roles: own } = node.condition();
    const reasons = own.flatMap(({ name, hindrances }) => hindrances.map((each) => `${name}: ${withCure(each)}`));
    const text = reasons.join(' ') || 'It works: nothing that the chain shows keeps it from earning.';
    if (text === told) return;
    told = text;
    log.step({ name: 'work', state: reasons.length === 0 ? 'done' : 'waiting', text });
  };
  tell();
  node.chain.onBlock(({ result }) => {
    for (const event of result.events) {
      if (event.type !== 'minerMeasured' || event.owed === 0) continue;
      const own = node.condition().roles.some(({ kind, index }) => kind === 'miner' && index === event.miner);
      const judged = event.disputed === 0 ? '' : `; auditors judge ${event.disputed}`;
      const text = `Mixer ${event.mixer} asked it ${event.asked} challenges; ${event.right} were right${judged}.`;
      if (own) log.step({ name: 'challenge', state: 'done', text });
    }
    tell();
  });
}

/** Where a mixer or a gateway is found, as multiaddresses. */
function placesOf({ role, listen, announce }: Input): { listen: string[]; announce: string[] } {
  if (role === 'validator') return { listen: [], announce: [] };
  if (!reached.has(role)) {
    if (listen === undefined && announce === undefined) return { listen: [], announce: [] };
    throw new CliError('usage', `${aRole(role)} only dials: leave out --listen and --announce.`);
  }
  const own = listen ?? `0.0.0.0:${peerPort}`;
  if (isEverywhere(announce ?? own)) {
    throw new CliError('usage', `Say where others reach this ${role}: --announce ADDRESS:PORT, as 203.0.113.7:4020.`);
  }
  return { listen: [multiaddress(own)], announce: announce === undefined ? [] : [multiaddress(announce)] };
}

const aRole = (role: string) => (role === 'oracle' ? 'An oracle' : `A ${role}`);
const isEverywhere = (text: string) => /^(0\.0\.0\.0|\[::\])/.test(text);

function multiaddress(text: string): string {
  const { address, port } = placeOf(text, peerPort);
  return multiaddrOf(address, port);
}

function placeOf(text: string, usualPort: number): { readonly address: string; readonly port: number } {
  const place = placeIn(text, usualPort);
  if (place === null) throw new CliError('usage', `"${text}" is no address and port.`);
  return place;
}

function cometOf({ role, cometPeer, cometbft, listen = '0.0.0.0', announce }: Input): CometWish | null {
  if (role !== 'validator') {
    if (cometPeer.length === 0 && cometbft === undefined) return null;
    throw new CliError('usage', `${aRole(role)} needs no CometBFT: leave out --comet-peer and --cometbft.`);
  }
  const written = (text: string) => {
    const { address, port } = placeOf(text, cometPort);
    return hostAndPort(address, port);
  };
  if (announce !== undefined && isEverywhere(announce)) {
    throw new CliError('usage', '--announce takes the address at which others reach this validator, as 203.0.113.7.');
  }
  return {
    binary: cometbft ?? null,
    listen: `tcp://${written(listen)}`,
    announce: announce === undefined ? null : written(announce),
    peers: cometPeer,
  };
}
