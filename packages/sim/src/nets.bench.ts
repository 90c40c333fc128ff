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
  devnetParams,
  devnetRoles,
  keyNames,
  names,
  sessionDepositUnits,
} from '@assay/node/devnet/genesis';
import { provision } from '@assay/node/devnet/provision';
import { buildRoles, drawTablesOf } from '@assay/node/host/build-roles';
import { KeyRing } from '@assay/node/keys/keyring';
import { Keystore } from '@assay/node/keys/keystore';
import { AddressBook } from '@assay/node/network/libp2p/address-book';
import { Libp2pNetwork } from '@assay/node/network/libp2p/network';
import { MemoryNetwork } from '@assay/node/network/memory';
import { Wire } from '@assay/node/network/wire.fixture';
import { realRuntime } from '@assay/node/runtime/real';
import { openStore } from '@assay/node/store/store';
import { Hardware, withParams } from '@assay/protocol';
import { protocols, topics } from '@assay/roles/context';
import { type ApiKey, type Gateway, hashOfApiKey } from '@assay/roles/gateway/index';
import type { Chain } from '@assay/roles/ports/chain';
import { type Endpoint, type MessageStream, type Network, type PeerId, peerIdOf } from '@assay/roles/ports/network';
import { toHex } from '@assay/ssz';
import type { Bench, Row } from '../../../bench/bench.ts';
import { carried, type Flow } from './scale.ts';
import { model, servingOn } from './serving.ts';
import { type Sent, Traffic } from './traffic.ts';

const mixers = 7;
const peers = Number(process.env.ASSAY_NETS_PEERS ?? 30);
/** The others are three oracles, three validators and the gateway. */
const miners = peers - mixers - committee.oracles - committee.validators - 1;
const users = 2;
const tasks = Number(process.env.ASSAY_NETS_TASKS ?? 100);
const warmUpTasks = 4;
/** Until all that keep connected are. */
const settleMs = 5000;
/** Epochs as long as those of a published network, so that measuring the lines of miners is as rare as there. */
const params = withParams(devnetParams, { epochBlocks: 1024 });
/** How long a net may take to its first answers, and to certify the last task. */
const patienceMs = 1000 * Number(process.env.ASSAY_NETS_PATIENCE_S ?? 120);
/** Words of a mixer for a task whose deadline never moves. */
const announcementsPerTask = 5;
const runtime = realRuntime(() => {});

/** A network of this process. */
interface Carrier {
  readonly network: Network;
  /** What the roles say, once for each receiver. */
  readonly traffic: Traffic;
  /** All that went over sockets so far; null where there are none. */
  readonly wireBytes: () => number | null;
  /** Resolves when everybody that left is gone. */
  readonly stopped: () => Promise<void>;
}

/** A network that counts what its peers tell each other. */
function counted(network: Network, traffic: Traffic): Network {
  const streamOf = (stream: MessageStream, protocol: string): MessageStream => ({
    send: (message) => {
      traffic.add(protocol, message);
      return stream.send(message);
    },
    messages: stream.messages,
    close: () => stream.close(),
    abort: () => stream.abort(),
  });
  const endpointOf = (endpoint: Endpoint): Endpoint => ({
    id: endpoint.id,
    publish: (topic, message) => endpoint.publish(topic, message),
    subscribe: (topic, handler) =>
      endpoint.subscribe(topic, (message, from) => {
        traffic.add(topic, message);
        handler(message, from);
      }),
    handle: (protocol, handler) =>
      endpoint.handle(protocol, (stream, from) => handler(streamOf(stream, protocol), from)),
    open: async (peer, protocol) => streamOf(await endpoint.open(peer, protocol), protocol),
    leave: () => endpoint.leave(),
  });
  return { join: async (signer) => endpointOf(await network.join(signer)) };
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

async function start(keys: Keystore, network: Network): Promise<Running> {
  const ring = new KeyRing(keys, async () => keys);
  const genesis = devnetGenesis(keys, { model, miners, mixers, params, timeMs: Date.now() });
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-nets-'));
  const store = await openStore({ dir, genesisHash: genesisHash(genesis) });
  const signerOf = (publicKey: Uint8Array) => ring.account(publicKey);
  const onFatal = (error: Error) => console.error(String(error));
  const engine = await EmbeddedEngine.open({ store, genesis, runtime, signerOf, onFatal });
  const { chain } = engine;
  const serving = servingOn(runtime, {});
  const apiKeys = new Map<string, ApiKey>();
  const drawTables = drawTablesOf({ chain, store });
  const parts = { chain, network, runtime, store, serving, concurrency, drawTables, apiKeys, keys: ring };
  const { roles, gateway } = buildRoles({ ...parts, roles: devnetRoles(miners, mixers) });
  if (gateway === null) throw new Error('there is no gateway');
  for (const { name } of roles.list()) await roles.set(name, true);
  engine.start();
  const { workerOf } = serving;
  const session = await provision({
    chain,
    keys,
    runtime,
    miners,
    workerOf,
    hardware: Hardware.defaultValue(),
    depositUnits: sessionDepositUnits,
  });
  const sessionSigner = keys.account(names.session);
  const apiKey = apiKeyOf(sessionSigner, session);
  apiKeys.set(hashOfApiKey(apiKey), { session, sessionSigner });
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
  /** From the first role that starts to the first answers. */
  readonly readyS: number;
  readonly refused: number;
  /** From the end of an answer at the gateway to the durable block that certifies it. */
  readonly waitsMs: readonly number[];
  readonly seconds: number;
  readonly cpuS: number;
  readonly sent: ReturnType<Traffic['since']>;
  readonly wireBytes: number | null;
}

/** Users who ask again when they are refused. */
class Asking {
  readonly answeredMs = new Map<string, number>();
  refused = 0;
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  /** Until so many answers are there; throws with the last refusal when none comes for too long. */
  async until(wanted: number): Promise<void> {
    const sinceMs = performance.now();
    const one = async () => {
      while (this.answeredMs.size < wanted) {
        try {
          const taskId = await ask(this.#running);
          this.answeredMs.set(taskId, performance.now());
        } catch (error) {
          this.refused += 1;
          if (performance.now() - sinceMs > patienceMs) throw error;
          await setTimeout(500);
        }
      }
    };
    await Promise.all(Array.from({ length: users }, one));
  }
}

async function measure(carrierOf: (keys: Keystore) => Carrier): Promise<Measured> {
  const keys = newKeys();
  const { network, traffic, wireBytes, stopped } = carrierOf(keys);
  const beganMs = performance.now();
  const running = await start(keys, network);
  const certified = new Certified(running.chain);
  const asking = new Asking(running);
  await asking.until(warmUpTasks);
  const readyS = (performance.now() - beganMs) / 1000;
  const { refused, answeredMs } = asking;
  await setTimeout(settleMs);
  answeredMs.clear();
  const [startedMs, cpu, before, beforeBytes] = [performance.now(), process.cpuUsage(), traffic.all, wireBytes()];
  await asking.until(tasks);
  const isMissing = () => [...answeredMs.keys()].some((taskId) => !certified.atMs.has(taskId));
  while (isMissing() && performance.now() - startedMs < 2 * patienceMs) await setTimeout(100);
  if (isMissing()) throw new Error('a task was never certified');
  const { user, system } = process.cpuUsage(cpu);
  const bytes = wireBytes();
  const measured = {
    readyS,
    refused,
    waitsMs: [...answeredMs].map(([taskId, atMs]) => Math.max(0, (certified.atMs.get(taskId) ?? Number.NaN) - atMs)),
    seconds: (performance.now() - startedMs) / 1000,
    cpuS: (user + system) / 1e6,
    sent: traffic.since(before),
    wireBytes: bytes === null ? null : bytes - (beforeBytes ?? 0),
  };
  await running.stop();
  await stopped();
  return measured;
}

/** What was said beside what the model of docs/scale.md says of as many tasks a second. */
function flowRows(who: string, { sent, seconds, waitsMs, wireBytes }: Measured): Row[] {
  const scale = { mixers, oracles: committee.oracles, params, announcementsPerTask, gatherMs: 0 };
  const model = carried({ ...scale, tasksPerS: waitsMs.length / seconds });
  const flowOf = (what: string, name: string, said: Flow): Row => {
    const { messages = 0, bytes = 0 } = sent.get(name) ?? {};
    const figures = [bytes / seconds, said.messagesPerS, said.bytesPerS].map((figure) => figure.toFixed(0));
    const note = `${figures[0]} B/s; the model says ${figures[1]} and ${figures[2]} B/s`;
    return { who: `${who}: ${what} /s`, value: messages / seconds, note };
  };
  // The lines of miners are measured whether or not there are tasks.
  const { [protocols.data]: lines, ...others } = Object.fromEntries(sent);
  const sum = (what: keyof Sent) => Object.values(others).reduce((total, each) => total + each[what], 0);
  const perTask = (value: number) => value / waitsMs.length;
  const wire = wireBytes === null ? '' : `; ${perTask(wireBytes - (lines?.bytes ?? 0)).toFixed(0)} on the wire`;
  return [
    flowOf('announcements', topics.tasks, model.announcements),
    flowOf('presences', topics.presence, model.presences),
    flowOf('offers and answers', protocols.batch, model.batches),
    { who: `${who}: messages a task`, value: perTask(sum('messages')), note: 'all, prompts and artifacts too' },
    { who: `${who}: bytes a task`, value: perTask(sum('bytes')), note: `all but measured lines${wire}` },
  ];
}

function rowsOf(who: string, measured: Measured): Row[] {
  const { waitsMs, seconds, refused, readyS, cpuS } = measured;
  const sorted = waitsMs.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? null;
  const load = `load of the machine ${loadavg()[0]?.toFixed(1)}`;
  return [
    { who: `${who}: first answers after, s`, value: readyS, note: `${refused} requests refused before; ${load}` },
    { who: `${who}: certificate, p50, ms`, value: at(0.5), note: `${sorted.length} tasks in ${seconds.toFixed(1)} s` },
    { who: `${who}: certificate, p99, ms`, value: at(0.99), note: 'from the end of the answer' },
    { who: `${who}: CPU a task, ms`, value: (1000 * cpuS) / sorted.length, note: 'of all peers, with the models' },
    ...flowRows(who, measured),
  ];
}

/** As nodes are set up: the mixers and the gateway listen, and all keep to the mixers. */
function overSockets(keys: Keystore): Carrier {
  const [wire, traffic, book] = [new Wire(), new Traffic(), new AddressBook()];
  const idOf = (name: string): PeerId => peerIdOf(keys.account(name));
  const committeeIds = Array.from({ length: mixers }, (_, i) => idOf(names.mixer(i)));
  const listening = new Set([...committeeIds, idOf(names.gateway)]);
  const listenOf = (peer: PeerId) => (listening.has(peer) ? ['/ip4/127.0.0.1/tcp/0'] : []);
  const network = new Libp2pNetwork({ runtime, book, topics: Object.values(topics), listenOf });
  network.keepConnected(() => committeeIds);
  return { network: counted(network, traffic), traffic, wireBytes: () => wire.bytes, stopped: () => network.stopped() };
}

function inMemory(): Carrier {
  const traffic = new Traffic();
  const network = counted(new MemoryNetwork(runtime), traffic);
  return { network, traffic, wireBytes: () => null, stopped: async () => {} };
}

export const bench: Bench = {
  id: 23,
  title: `Certificates of ${mixers} mixers among ${peers} peers in one process, over both nets`,
  unit: '',
  target: 'a certificate over libp2p within 100 ms of one in memory',
  compared: false,
  async run(say) {
    useNativeHasher();
    // Timers of the roles keep no process alive.
    const alive = setInterval(() => {}, 1000);
    say('memory');
    const near = await measure(inMemory);
    say('libp2p');
    const far = await measure(overSockets);
    clearInterval(alive);
    return [...rowsOf('libp2p', far), ...rowsOf('memory', near)];
  },
};
