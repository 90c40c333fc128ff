import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { genesisHash } from '@assay/ledger';
import { EmbeddedEngine } from '@assay/node/consensus/embedded';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { apiKeyOf, generateBlsSecret } from '@assay/node/crypto/signers';
import {
  committee,
  concurrency,
  devnetGenesis,
  devnetRoles,
  keyNames,
  names,
  sessionDepositUnits,
} from '@assay/node/devnet/genesis';
import { provision } from '@assay/node/devnet/provision';
import { buildRoles } from '@assay/node/host/build-roles';
import { KeyRing } from '@assay/node/keys/keyring';
import { Keystore } from '@assay/node/keys/keystore';
import { AddressBook } from '@assay/node/network/libp2p/address-book';
import { Libp2pNetwork } from '@assay/node/network/libp2p/network';
import { Wire } from '@assay/node/network/wire.fixture';
import { realRuntime } from '@assay/node/runtime/real';
import { openStore } from '@assay/node/store/store';
import { topics } from '@assay/roles/context';
import type { ApiKey, Gateway } from '@assay/roles/gateway/index';
import type { Chain } from '@assay/roles/ports/chain';
import type { Network } from '@assay/roles/ports/network';
import { encodeText, sha256, toHex } from '@assay/ssz';
import type { Bench, Row } from '../../../bench/bench.ts';
import { Links } from './links.ts';
import { model, servingOn } from './serving.ts';

const mixers = 7;
/** With three oracles, three validators and the gateway these are 30 peers. */
const miners = 30 - mixers - committee.oracles - committee.validators - 1;
const users = 2;
const tasks = Number(process.env.ASSAY_NETS_TASKS ?? 60);
const warmUpTasks = 10;
/** Until everybody has heard who subscribes. */
const meetMs = 5000;
const runtime = realRuntime(() => {});

/** A network of this process whose bytes are counted. */
interface Carrier {
  readonly network: Network;
  /** All that went from one peer to another so far. */
  readonly bytes: () => number;
}

/** Roles of the default network with real time and real signatures. */
interface Running {
  readonly chain: Chain;
  readonly gateway: Gateway;
  readonly apiKey: string;
  stop(): Promise<void>;
}

function newKeys(): Keystore {
  const entryOf = (bls: boolean) => ({
    seed: randomBytes(32),
    bls: bls ? Buffer.from(generateBlsSecret(randomBytes(32))) : null,
  });
  return new Keystore(Object.fromEntries(keyNames(miners, mixers).map(({ name, bls }) => [name, entryOf(bls)])));
}

async function start(network: Network): Promise<Running> {
  const keys = newKeys();
  const ring = new KeyRing(keys, async () => keys);
  const genesis = devnetGenesis(keys, { model, miners, mixers, timeMs: Date.now() });
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-nets-'));
  const store = await openStore({ dir, genesisHash: genesisHash(genesis) });
  const signerOf = (publicKey: Uint8Array) => ring.account(publicKey);
  const onFatal = (error: Error) => console.error(String(error));
  const engine = await EmbeddedEngine.open({ store, genesis, runtime, signerOf, onFatal });
  const { chain } = engine;
  const serving = servingOn(runtime, {});
  const apiKeys: ApiKey[] = [];
  const parts = { chain, network, runtime, store, serving, concurrency, apiKeys, keys: ring };
  const { roles, gateway } = buildRoles({ ...parts, roles: devnetRoles(miners, mixers) });
  if (gateway === null) throw new Error('there is no gateway');
  for (const { name } of roles.list()) await roles.set(name, true);
  await setTimeout(meetMs);
  engine.start();
  const { workerOf } = serving;
  const session = await provision({ chain, keys, runtime, miners, workerOf, depositUnits: sessionDepositUnits });
  const sessionSigner = keys.account(names.session);
  const apiKey = apiKeyOf(sessionSigner, session);
  apiKeys.push({ hash: sha256(encodeText(apiKey)), session, sessionSigner });
  const stop = async () => {
    await roles.stopAll();
    await engine.stop();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { chain, gateway, apiKey, stop };
}

/** When each task was certified, and how many of them there are. */
class Certified {
  readonly atMs = new Map<string, number>();

  constructor(chain: Chain) {
    chain.onBlock(({ result }) => {
      for (const event of result.events) {
        if (event.type === 'taskCertified') this.atMs.set(`0x${toHex(event.taskId)}`, performance.now());
      }
    });
  }
}

async function ask({ gateway, apiKey }: Running): Promise<string> {
  const { signal } = new AbortController();
  const request = {
    model: model.name,
    messages: [{ role: 'user' as const, content: 'hello' }],
    maxTokens: 8,
    stop: [],
    temperatureMicro: 1_000_000,
    topPMicro: 1_000_000,
    seed: 1,
    topLogprobs: null,
  };
  const { taskId, events } = await gateway.ask(apiKey, request, signal);
  for await (const _ of events);
  return taskId;
}

interface Measured {
  /** From the end of an answer at the gateway to the durable block that certifies it. */
  readonly waitsMs: readonly number[];
  readonly bytes: number;
  readonly seconds: number;
  readonly refused: number;
}

async function measure({ network, bytes }: Carrier): Promise<Measured> {
  const running = await start(network);
  const certified = new Certified(running.chain);
  const answeredMs = new Map<string, number>();
  let refused = 0;
  const askUntil = async (wanted: number) => {
    while (answeredMs.size < wanted) {
      try {
        const taskId = await ask(running);
        answeredMs.set(taskId, performance.now());
      } catch {
        refused += 1;
        await setTimeout(500);
      }
    }
  };
  const allUntil = (wanted: number) => Promise.all(Array.from({ length: users }, () => askUntil(wanted)));
  await allUntil(warmUpTasks);
  answeredMs.clear();
  const [before, startedMs] = [bytes(), performance.now()];
  await allUntil(tasks);
  const isMissing = () => [...answeredMs.keys()].some((taskId) => !certified.atMs.has(taskId));
  for (let waited = 0; isMissing() && waited < 60; waited++) await setTimeout(500);
  if (isMissing()) throw new Error('a task was never certified');
  const seconds = (performance.now() - startedMs) / 1000;
  const sent = bytes() - before;
  const waitsMs = [...answeredMs].map(([taskId, atMs]) => (certified.atMs.get(taskId) ?? Number.NaN) - atMs);
  await running.stop();
  return { waitsMs, bytes: sent, seconds, refused };
}

function rowsOf(who: string, { waitsMs, bytes, seconds, refused }: Measured): Row[] {
  const sorted = waitsMs.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? null;
  const note = `ms from the end of the answer; ${sorted.length} tasks in ${seconds.toFixed(1)} s, ${refused} refused`;
  return [
    { who: `${who}: certificate, p50`, value: at(0.5), note },
    { who: `${who}: certificate, p99`, value: at(0.99), note: `load of the machine ${loadavg()[0]?.toFixed(1)}` },
    { who: `${who}: bytes a task`, value: bytes / sorted.length, note: 'of all peers, with all else that they say' },
    { who: `${who}: bytes a second`, value: bytes / seconds, note: '' },
  ];
}

function overSockets(): Carrier & { readonly network: Libp2pNetwork } {
  const wire = new Wire();
  const listenOf = () => ['/ip4/127.0.0.1/tcp/0'];
  const book = new AddressBook();
  const network = new Libp2pNetwork({ runtime, book, topics: Object.values(topics), listenOf });
  network.keepConnected(() => book.given);
  return { network, bytes: () => wire.bytes };
}

function inMemory(): Carrier {
  const network = new Links(runtime, { leastMs: 0, mostMs: 1, jitterMs: 0 });
  const bytes = () => [...network.traffic.all.values()].reduce((sum, sent) => sum + sent.bytes, 0);
  return { network, bytes };
}

export const bench: Bench = {
  id: 23,
  title: `Certificates of ${mixers} mixers among 30 peers in one process, over both nets`,
  unit: '',
  target: 'a certificate over libp2p within 100 ms of one in memory',
  compared: false,
  async run(say) {
    useNativeHasher();
    // Timers of the roles keep no process alive.
    const alive = setInterval(() => {}, 1000);
    say('libp2p');
    const sockets = overSockets();
    const far = await measure(sockets);
    await sockets.network.stopped();
    say('memory');
    const near = await measure(inMemory());
    clearInterval(alive);
    return [...rowsOf('libp2p', far), ...rowsOf('memory', near)];
  },
};
