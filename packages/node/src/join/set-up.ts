import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { AssayError, addressText, type Genesis } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { z } from 'zod';
import { diagnose } from '../doctor/diagnose.ts';
import { type Finding, isFit } from '../doctor/finding.ts';
import { lookAtMachine, withPeers } from '../doctor/look.ts';
import {
  consensusKeyOf,
  listenedAt,
  type NodeConfig,
  nodeKey,
  placesOf,
  readNodeConfig,
  writeNodeConfig,
} from '../host/config.ts';
import { lastSignedPath } from '../host/data-directory.ts';
import { dataFiles } from '../host/data-files.ts';
import { readGenesisFile, writeGenesisFile } from '../host/genesis-file.ts';
import { fetchGenesis } from '../host/genesis-service.ts';
import type { Invitation } from '../host/invitation.ts';
import { type KeyName, openKeystore } from '../keys/keystore.ts';
import { writeDurably } from '../store/durable-file.ts';
import { dataFile } from '../store/failures.ts';
import { openStore } from '../store/store.ts';
import { chooseModel, type ModelWish } from './choose-model.ts';

type Role = NodeConfig['roles'][number]['kind'];

export interface SetUpOptions {
  readonly dataDir: string;
  readonly invitation: Invitation;
  readonly role: Role;
  readonly wish: ModelWish;
  /** Address of the account that is to own a miner; null: a key is made for it, apart. */
  readonly owner: string | null;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly apiPort: number;
  /** Tasks that a miner runs at once. */
  readonly concurrency: number;
  /** Of a validator, which makes blocks with the others; null for all other roles. */
  readonly comet: CometWish | null;
  readonly passphrase: string;
  readonly onStep: (step: SetUpStep) => void;
}

/** How a validator meets its like. */
export interface CometWish {
  /** The program; null: one that is found, or built. */
  readonly binary: string | null;
  /** Where it listens, `tcp://HOST:PORT`, and what others are told to dial instead, `HOST:PORT`. */
  readonly listen: string;
  readonly announce: string | null;
  /** Other validators, `ID@HOST:PORT`; none: the peers of the invitation say where theirs are. */
  readonly peers: readonly string[];
}

/** What was done of the way from an empty directory to a node that can be run. */
export interface SetUpStep {
  readonly name: 'directory' | 'genesis' | 'doctor' | 'keys' | 'configuration';
  readonly state: 'waiting' | 'done' | 'warning' | 'failed';
  readonly text: string;
}

/** Where its API answers: on its own machine alone. */
const ownHost = '127.0.0.1';

/**
 * Makes an empty directory the data directory of a node that joins a network; where it is one of that network already,
 * nothing but the machine is looked at again. Throws AssayError OTHER_CHAIN, NO_PEER or CONFIG_UNUSABLE.
 */
export async function setUp(options: SetUpOptions): Promise<void> {
  const { dataDir, invitation, onStep } = options;
  const done = (name: SetUpStep['name'], text: string) => onStep({ name, state: 'done', text });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const isSetUp = existsSync(join(dataDir, dataFiles.config));
  const genesis = await genesisOf(options, isSetUp, done);
  if (isSetUp) await requireSame(options);
  else done('directory', `${dataDir} is to serve ${invitation.chainId} as ${options.role}.`);
  const config = isSetUp ? await readNodeConfig(dataDir) : null;
  await examine(options, genesis, config);
  if (config !== null) {
    const rule = 'its config.json says how, and other options of this line change nothing.';
    done('configuration', `Going on where ${dataDir} was: ${rule}`);
    const height = await beginning(options, config);
    if (height !== null) done('configuration', `The chain here has not begun: it is to begin with block ${height}.`);
    return;
  }
  await makeKeys(options, done);
  await writeNodeConfig(dataDir, await configOf(options, genesis));
  done('configuration', `Wrote ${join(dataDir, dataFiles.config)}; it may be changed while the node does not run.`);
  if (options.role === 'gateway') done('configuration', sessionHint(dataDir));
}

/** How a gateway comes to spend something. */
const sessionHint = (dataDir: string) =>
  `It answers prompts for sessions whose keys are here: once it runs, \`assay keys --add session --data ${dataDir}\` ` +
  `makes a key, \`assay tx openSession --session-key session --from gateway --data ${dataDir}\` opens a session with ` +
  'it (--help says the rest), and `assay api-key new SESSION` makes a key for users.';

type Done = (name: SetUpStep['name'], text: string) => void;

async function genesisOf(
  { dataDir, role, invitation, onStep }: SetUpOptions,
  isSetUp: boolean,
  done: Done,
): Promise<Genesis> {
  const path = join(dataDir, dataFiles.genesis);
  const stored = await readGenesisFile(path);
  const { genesisHash: wanted, chainId, peers } = invitation;
  if (stored !== null) {
    if (toHex(genesisHash(stored)) === toHex(wanted)) return stored;
    const detail = `${dataDir} holds ${stored.chainId}, not the invited ${chainId}: choose another with --data.`;
    throw new AssayError('OTHER_CHAIN', detail);
  }
  const foreign = readdirSync(dataDir).filter((name) => !ours.has(name));
  if (isSetUp || foreign.length > 0) {
    const what = foreign.length > 0 ? `holds ${foreign.slice(0, 3).join(', ')}` : 'has a configuration and no genesis';
    throw new AssayError('CONFIG_UNUSABLE', `${dataDir} ${what}: choose an empty directory with --data.`);
  }
  requireWhatWasSigned(dataDir, role);
  const ids = peers.map(({ peer }) => peer);
  const asking = `Asking ${ids.length === 1 ? 'a peer' : `${ids.length} peers`} for the genesis of ${chainId}.`;
  onStep({ name: 'genesis', state: 'waiting', text: asking });
  const genesis = await withPeers(peers, (given) => fetchGenesis(given, ids, wanted));
  // No block was signed with keys of this directory, or their last one is known.
  await writeDurably(join(dataDir, dataFiles.beginning), 'no block yet\n', 0o600);
  await writeGenesisFile(path, genesis);
  done('genesis', `The genesis of ${chainId} came whole: ${toHex(wanted)}.`);
  return genesis;
}

/** §18.5 Keys of a validator that were here before its genesis came from elsewhere, and may have signed there. */
function requireWhatWasSigned(dataDir: string, role: Role): void {
  const path = lastSignedPath(dataDir);
  if (role !== 'validator' || !existsSync(join(dataDir, dataFiles.keys)) || existsSync(path)) return;
  const detail = `${path} says what the keys here signed, and is not there. If they never signed, make it, empty.`;
  throw new AssayError('DATA_INCOMPLETE', detail);
}

/** What a start that was cut off may have left. */
const ours: ReadonlySet<string> = new Set([...Object.values(dataFiles), 'lock']);

async function requireSame({ dataDir, role }: SetUpOptions): Promise<void> {
  const { roles } = await readNodeConfig(dataDir);
  if (roles.some(({ kind }) => kind === role)) return;
  const has = roles.map(({ kind }) => kind).join(', ') || 'no role';
  throw new AssayError('CONFIG_UNUSABLE', `${dataDir} runs ${has}, not ${role}: choose another with --data.`);
}

/** §20.5 Says what is found; what keeps a node from running ends this. */
async function examine(options: SetUpOptions, genesis: Genesis, config: NodeConfig | null): Promise<void> {
  const { dataDir, role, invitation, wish, onStep } = options;
  const computes = role === 'miner' || role === 'validator';
  const facts = await lookAtMachine({
    dataDir,
    model: computes ? chooseModel(genesis, wish).facts : null,
    listen: config === null ? placesToTake(options) : listenedAt(config),
    peers: invitation.peers,
    blockTimeMs: genesis.params.blockTimeMs,
    cometbft: options.comet === null ? undefined : options.comet.binary,
    asksComet: options.comet?.peers.length === 0,
    onProgress: (text) => onStep({ name: 'doctor', state: 'waiting', text }),
  });
  const findings = diagnose(facts);
  for (const finding of findings) onStep(stepOf(finding));
  if (!isFit(findings)) {
    const checks = findings.filter(({ result }) => result === 'failed').map(({ check }) => check);
    throw new AssayError(
      'CONFIG_UNUSABLE',
      `Nothing was paid. See to this first, and run it again: ${checks.join(', ')}.`,
    );
  }
}

const placesToTake = ({ listen, comet, apiPort }: SetUpOptions) =>
  placesOf(listen, { comet: comet?.listen ?? null, api: { host: ownHost, port: apiPort } });

function stepOf({ result, text, cure }: Finding): SetUpStep {
  const state = result === 'ok' ? 'done' : result;
  return { name: 'doctor', state, text: cure === null ? text : `${text} ${cure}` };
}

async function makeKeys({ dataDir, role, owner, passphrase }: SetUpOptions, done: Done): Promise<void> {
  const wanted: KeyName[] = [
    { name: nodeKey, bls: false },
    { name: role, bls: role === 'mixer' },
    ...(role === 'validator' ? [{ name: consensusKeyOf(role), bls: false }] : []),
  ];
  const keys = await openKeystore(join(dataDir, dataFiles.keys), passphrase, wanted);
  done('keys', `Made the keys of this node; ${addressText(keys.account(role).address)} is the account of its ${role}.`);
  if (role !== 'miner') return;
  if (owner !== null) return done('keys', `${owner} owns the miner: its key is not needed here.`);
  const path = join(dataDir, dataFiles.ownerKeys);
  const own = addressText((await openOwner(path, passphrase)).address);
  done('keys', `${own} owns the miner. Its key is in ${path}: move that file to where nothing runs; keep a copy.`);
}

async function openOwner(path: string, passphrase: string) {
  return (await openKeystore(path, passphrase, [{ name: 'owner', bls: false }])).account('owner');
}

function engineOf({ comet, invitation }: SetUpOptions): z.input<typeof NodeConfig>['engine'] {
  if (comet === null) return { kind: 'follow', trusted: followedFrom(invitation) };
  const { binary, listen, announce, peers } = comet;
  const asksPeers = peers.length === 0;
  return { kind: 'cometbft', binary, listen, announce, peers: [...peers], asksPeers, trusted: cometFrom(invitation) };
}

function followedFrom({ trusted }: Invitation) {
  return trusted === null ? null : { height: trusted.height, headerRoot: trusted.headerRoot };
}

function cometFrom({ trusted }: Invitation) {
  if (trusted === null || trusted.nextComet === null) return null;
  return { height: trusted.height + 1, hash: trusted.nextComet };
}

/** §20.1.1 The height that an invitation gives a chain which has not begun yet; null where it changes nothing. */
async function beginning({ dataDir, invitation }: SetUpOptions, config: NodeConfig): Promise<number | null> {
  const { engine } = config;
  if (engine.kind === 'embedded' || invitation.trusted === null) return null;
  if (await hasBegun(dataDir, invitation.genesisHash)) return null;
  if (engine.kind === 'follow') engine.trusted = followedFrom(invitation);
  else engine.trusted = cometFrom(invitation);
  await writeNodeConfig(dataDir, config);
  return engine.trusted?.height ?? null;
}

async function hasBegun(dataDir: string, hash: Uint8Array): Promise<boolean> {
  const dir = join(dataDir, dataFiles.chain);
  if (!existsSync(join(dir, dataFile))) return false;
  const store = await openStore({ dir, genesisHash: hash, readOnly: true });
  try {
    return store.height > 0;
  } finally {
    await store.close();
  }
}

async function configOf(options: SetUpOptions, genesis: Genesis): Promise<z.input<typeof NodeConfig>> {
  const { dataDir, role, owner, invitation, wish, listen, announce, apiPort, concurrency, passphrase } = options;
  const computes = role === 'miner' || role === 'validator';
  const isOwned = role === 'miner';
  const made =
    isOwned && owner === null
      ? addressText((await openOwner(join(dataDir, dataFiles.ownerKeys), passphrase)).address)
      : owner;
  return {
    version: 1,
    engine: engineOf(options),
    peers: [...invitation.peers],
    roles: [
      {
        kind: role,
        key: role,
        domain: wish.domain,
        owner: isOwned ? made : null,
        listen: [...listen],
        announce: [...announce],
      },
    ],
    api: { host: ownHost, port: apiPort },
    backend: computes ? chooseModel(genesis, wish).backend : null,
    concurrency,
  };
}
