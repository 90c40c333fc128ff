import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withSettings } from '@assay/explain/gov/settings';
import { genesisHash } from '@assay/ledger';
import { AssayError, type Genesis, NoiseProfile, Params } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes, toHex } from '@assay/ssz';
import { EmbeddedEngine } from '../consensus/embedded.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { ownHardware } from '../hardware.ts';
import { openBackend, type Serving } from '../host/backend.ts';
import { Closing } from '../host/closing.ts';
import type { OwnRole } from '../host/condition.ts';
import { requireWhole } from '../host/data-directory.ts';
import { dataFiles } from '../host/data-files.ts';
import { liveApiKey } from '../host/follow-sessions.ts';
import { readGenesisFile, writeGenesisFile } from '../host/genesis-file.ts';
import { startNode } from '../host/node.ts';
import { publishNodeFile } from '../host/node-file.ts';
import { openKeyRing, openLog, takeDirectory } from '../host/open-directory.ts';
import type { TotalsView } from '../host/totals.ts';
import { ApiKeyFile } from '../keys/api-keys.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { Keystore } from '../keys/keystore.ts';
import { profilesOf } from '../models/catalog.ts';
import { readProfile } from '../models/profiles.ts';
import { Shelf } from '../models/shelf.ts';
import { withShelf } from '../models/trade.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { defaultPreset, presetParams } from '../presets/presets.ts';
import { realRuntime } from '../runtime/real.ts';
import { writeDurably } from '../store/durable-file.ts';
import { openStore, type Store } from '../store/store.ts';
import { attackersIn } from './attackers.ts';
import {
  allMiners,
  concurrency,
  devnetGenesis,
  devnetParams,
  devnetRoles,
  keyNames,
  names,
  sessionDepositUnits,
  stayingLine,
} from './genesis.ts';
import { hasNewcomers, type Testing, testNewcomers } from './newcomers.ts';
import type { AttackersStatus, Devnet, DevnetOptions, DevnetStatus } from './port.ts';
import { provideTests, provision } from './provision.ts';

/** Starts the default network in this process; see {@link DevnetOptions}. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const closing = new Closing();
  try {
    return await boot(options, closing);
  } catch (error) {
    await closing.close().catch(() => {});
    throw error;
  }
}

async function boot(options: DevnetOptions, closing: Closing): Promise<Devnet> {
  useNativeHasher();
  const { dataDir, onProgress } = options;
  takeDirectory(dataDir, onProgress, closing);
  if (options.fresh) empty(options);
  requireWhole(dataDir, options);
  const log = openLog(dataDir, closing);
  const stored = await storedGenesis(options);
  const file = await openApiKeys(dataDir, stored);
  const ring = await openKeyRing(dataDir, keyNames(options.miners));
  const keys = ring.named;
  const miners = allMiners(keys.names(), options.miners);
  if (miners > options.miners) onProgress(stayingLine(miners, options.miners));
  const serving = await openBackend({ ...options, sequences: miners * concurrency }, stored, onProgress);
  closing.add(() => serving.close());
  if (stored !== null) serving.requireRegistered(stored, dataDir);
  const { model, attackers } = options;
  const attack = (await attackers?.begin({ model, dir: dataDir, open: serving.open })) ?? null;
  const genesis = stored ?? (await makeGenesis(options, keys, serving));
  const chainDir = join(dataDir, dataFiles.chain);
  const secret = keys.account(names.gateway).secretFor('what roles remember');
  const store = await openStore({ dir: chainDir, genesisHash: genesisHash(genesis), secret, onNotice: onProgress });
  closing.add(() => store.close());
  rmSync(join(dataDir, dataFiles.beginning), { force: true });
  const fatal = Promise.withResolvers<Error>();
  const runtime = realRuntime(log);
  const engine = await openEngine({ store, genesis, keys: ring, runtime, onFatal: fatal.resolve, onProgress });
  const { chain } = engine;
  const { port, origins, hostNames } = options;
  const { http, adminToken, totals, chat, ready } = await startNode(
    {
      genesis,
      store,
      engine,
      network: new MemoryNetwork(runtime),
      keys: ring,
      apiKeys: file,
      serving: Promise.resolve({ ...serving, measuring: measuringIn(dataDir, serving) }),
      concurrency,
      runtime,
      api: { host: '127.0.0.1', port, origins, hostNames },
      own: { engine: 'embedded', lagBlocks: () => null, peers: () => null, roles: ownRoles(keys, miners) },
      rolesOf: () => devnetRoles(miners),
      attack,
    },
    closing,
  );
  await ready;
  const depositUnits = sessionDepositUnits;
  const workerOf = (miner: number) => serving.workerOf(miner);
  const hardware = await ownHardware();
  const session = await provision({ chain, keys, runtime, miners, workerOf, hardware, depositUnits });
  const apiKey = await liveApiKey(file, session, keys.account(names.session));
  if (hasNewcomers(chain.head())) closing.add(await startTests({ chain, keys, runtime, chat, file }, onProgress));
  await publishNodeFile(dataDir, { api: http.url, apiKey, adminToken }, closing);
  const attackersNow = () => (attackers === null ? null : attackersIn(chain.head(), keys, attackers));
  return {
    apiUrl: http.url,
    apiKey,
    dataDir,
    modelName: serving.model.name,
    status: () => statusOf(chain, totals, attackersNow()),
    stop: () => closing.close(),
    failed: fatal.promise,
  };
}

/** All files are on this machine: there is nobody to fetch from. */
function measuringIn(dataDir: string, { measuring, open }: Serving): Serving['measuring'] {
  const shelf = new Shelf(join(dataDir, dataFiles.models));
  return measuring === null ? null : withShelf(measuring, { shelf, open, fetch: null });
}

type Tests = Omit<Testing, 'apiKey'> & {
  readonly keys: Keystore;
  readonly runtime: Runtime;
  readonly file: ApiKeyFile;
};

async function startTests({ chain, keys, runtime, chat, file }: Tests, onProgress: (line: string) => void) {
  onProgress('New miners are tested by tasks of the network until they reach the level that users get miners from.');
  const session = await provideTests({ chain, keys, runtime });
  const apiKey = await liveApiKey(file, session, keys.account(names.session));
  return testNewcomers({ chain, runtime, chat, apiKey });
}

/** The operator of a role of this network is the role itself. */
function ownRoles(keys: Keystore, miners: number): OwnRole[] {
  return devnetRoles(miners).map(({ kind, name, index }) => {
    return { kind, name, operator: keys.account(name).address, worker: kind === 'miner' ? index : 0 };
  });
}

/** The list of API keys, which begins with a network. */
async function openApiKeys(dataDir: string, stored: Genesis | null): Promise<ApiKeyFile> {
  const path = join(dataDir, dataFiles.apiKeys);
  if (stored === null) await ApiKeyFile.begin(path);
  return new ApiKeyFile(path);
}

/** Deletes what a network left in its directory, all but the lock that is held. */
function empty(options: DevnetOptions): void {
  const { dataDir } = options;
  // Nothing is deleted for parameters that no network can begin with.
  askedParams(options, null);
  for (const entry of readdirSync(dataDir)) {
    if (!entry.startsWith('lock')) rmSync(join(dataDir, entry), { recursive: true, force: true });
  }
}

/**
 * The genesis of the directory; null when it has none. Throws AssayError OTHER_CHAIN when it began with other
 * parameters than those asked for, and Refusal when no network could begin with those.
 */
async function storedGenesis(options: DevnetOptions): Promise<Genesis | null> {
  const { dataDir, preset, settings } = options;
  const stored = await readGenesisFile(join(dataDir, dataFiles.genesis));
  const asked = askedParams(options, stored?.params ?? null);
  if (stored === null) return null;
  requireProfiles(options, stored);
  if (equalBytes(Params.hashTreeRoot(asked), Params.hashTreeRoot(stored.params))) return stored;
  const named = [...(preset === null ? [] : ['--preset']), ...(settings.length === 0 ? [] : ['--set'])].join(' and ');
  const detail =
    `The network in ${dataDir} began with other parameters than these. ` +
    `Leave out ${named} to go on with it, give another directory with --data, or begin again with --fresh.`;
  throw new AssayError('OTHER_CHAIN', detail);
}

function requireProfiles({ dataDir, profiles: files, model }: DevnetOptions, { profiles }: Genesis): void {
  const missing = files.find((file) => {
    const asked = { ...readProfile(file, model?.fileHash ?? ''), model: 0 };
    return !profiles.some((each) => NoiseProfile.equals(each, asked));
  });
  if (missing === undefined) return;
  const detail =
    `The network in ${dataDir} began without the noise profile ${missing}. Put it to the vote with ` +
    '`assay tx propose`, give another directory with --data, or begin again with --fresh.';
  throw new AssayError('OTHER_CHAIN', detail);
}

/** The parameters asked for; a network that is there keeps those that nothing was said about, and its foundation. */
function askedParams({ preset, settings }: DevnetOptions, stored: Params | null): Params {
  if (preset === null && stored !== null) return withSettings(stored, settings, 'genesis').params;
  const base = presetParams(preset ?? defaultPreset, devnetParams);
  const { foundation } = (stored ?? base).cases;
  return withSettings({ ...base, cases: { ...base.cases, foundation } }, settings, 'genesis').params;
}

async function makeGenesis(options: DevnetOptions, keys: Keystore, { model }: Serving): Promise<Genesis> {
  const params = askedParams(options, null);
  const profiles = profilesOf(toHex(model.fileHash), options.profiles);
  const genesis = devnetGenesis(keys, { model, miners: options.miners, timeMs: Date.now(), params, profiles });
  await writeDurably(join(options.dataDir, dataFiles.beginning), 'no block yet\n', 0o600);
  await writeGenesisFile(join(options.dataDir, dataFiles.genesis), genesis);
  return genesis;
}

interface EngineParts {
  readonly store: Store;
  readonly genesis: Genesis;
  readonly keys: KeyRing;
  readonly runtime: Runtime;
  readonly onFatal: (error: Error) => void;
  readonly onProgress: (line: string) => void;
}

function openEngine({ store, genesis, keys, runtime, onFatal, onProgress }: EngineParts): Promise<EmbeddedEngine> {
  let told = 0;
  return EmbeddedEngine.open({
    store,
    genesis,
    signerOf: (publicKey) => keys.account(publicKey),
    runtime,
    onFatal,
    onProgress: ({ height, of }) => {
      if (height === of || Date.now() - told < 1000) return;
      told = Date.now();
      onProgress(`Reading the chain: block ${height} of ${of}`);
    },
  });
}

function statusOf(
  chain: Chain,
  totals: TotalsView,
  attackers: Omit<AttackersStatus, 'refundedUnits'> | null,
): DevnetStatus {
  const state = chain.head();
  const { certified, passed, failed, paidUnits, refundedUnits } = totals.totals;
  return {
    height: state.globals.height,
    epoch: state.globals.epoch,
    tasks: certified,
    auditsPassed: passed,
    auditsFailed: failed,
    paidUnits,
    attackers: attackers === null ? null : { ...attackers, refundedUnits },
  };
}
