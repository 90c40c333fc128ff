import { setTimeout } from 'node:timers/promises';
import { type Endpoint, type Network, type PeerId, peerIdOf } from '@assay/roles/ports/network';
import type { Bench, Row } from '../../../../bench/bench.ts';
import { realRuntime } from '../runtime/real.ts';
import { AddressBook } from './libp2p/address-book.ts';
import { Libp2pNetwork } from './libp2p/network.ts';
import { MemoryNetwork } from './memory.ts';
import { peerSigner } from './peer.fixture.ts';
import { Wire } from './wire.fixture.ts';

/** As many as the mixers, miners and oracles of a small network; each asks another, all at once, again and again. */
const peerCount = 30;
const rounds = 50;
const neighbours = 5;
/** Until everybody has heard who subscribes. */
const subscribedMs = 5000;
const messageBytes = 512;
/** Keys that start at once, those of them that all others keep to, and how often these speak. */
const meetings = [10, 20, 30];
const speakers = 7;
const blockMs = 500;
const topic = 'news/1';
const runtime = realRuntime(() => {});
const listenOf = () => ['/ip4/127.0.0.1/tcp/0'];
const message = new Uint8Array(messageBytes).fill(7);

interface Measured {
  readonly tookMs: readonly number[];
  readonly bytesPerMessage: number;
}

async function join(network: Network): Promise<Endpoint[]> {
  const peers: Endpoint[] = [];
  for (let i = 0; i < peerCount; i++) peers.push(await network.join(peerSigner(`peer ${i}`)));
  return peers;
}

async function ask(from: Endpoint, to: Endpoint): Promise<number> {
  const beganMs = performance.now();
  const stream = await from.open(to.id, '/echo/1');
  await stream.send(message);
  await stream.messages.next();
  stream.close();
  return performance.now() - beganMs;
}

/** Opens a stream, asks and is answered, as many at once as there are peers. */
async function streams(peers: readonly Endpoint[], wire: Wire): Promise<Measured> {
  for (const peer of peers) {
    peer.handle('/echo/1', async (stream) => {
      const { value } = await stream.messages.next();
      await stream.send(value ?? message);
      stream.close();
    });
  }
  const at = (i: number) => {
    const peer = peers[i % peerCount];
    if (peer === undefined) throw new Error('there are fewer peers');
    return peer;
  };
  const askOne = (i: number, step: number) => ask(at(i), at(i + step));
  // Connections are made one by one before anything is timed.
  for (let step = 1; step <= neighbours; step++) for (let i = 0; i < peerCount; i++) await askOne(i, step);
  const before = wire.bytes;
  const tookMs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const step = 1 + (i % neighbours);
    tookMs.push(...(await Promise.all(peers.map((_, peer) => askOne(peer, step)))));
  }
  return { tookMs, bytesPerMessage: (wire.bytes - before) / (2 * tookMs.length) };
}

/** One publishes, all others hear; how long until the last of them has. */
async function topics(peers: readonly Endpoint[], wire: Wire): Promise<Measured> {
  let heard = 0;
  let wake = () => {};
  for (const peer of peers) peer.subscribe(topic, () => ++heard % (peerCount - 1) === 0 && wake());
  await setTimeout(subscribedMs);
  const before = wire.bytes;
  const tookMs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const beganMs = performance.now();
    const all = new Promise<void>((resolve) => {
      wake = resolve;
    });
    peers[i % peerCount]?.publish(topic, message);
    await all;
    tookMs.push(performance.now() - beganMs);
  }
  return { tookMs, bytesPerMessage: (wire.bytes - before) / (rounds * (peerCount - 1)) };
}

function rowsOf(who: string, { tookMs, bytesPerMessage }: Measured): Row[] {
  const sorted = tookMs.toSorted((one, other) => one - other);
  const note = `${Math.round(bytesPerMessage)} bytes on the wire for each message of ${messageBytes} received`;
  return [0.5, 0.99].map((part) => {
    const value = sorted[Math.floor(part * sorted.length)] ?? null;
    return { who: `${who}, p${100 * part}`, value, note: part === 0.5 ? note : '' };
  });
}

/** Of so many keys that start at once, some speak in every block: how long until each of these has heard the others. */
async function meeting(count: number): Promise<Row> {
  const [book, beganMs] = [new AddressBook(), performance.now()];
  const network = new Libp2pNetwork({ runtime, book, topics: [topic], listenOf });
  const signers = Array.from({ length: count }, (_, i) => peerSigner(`${i} of ${count}`));
  const speaking = signers.slice(0, speakers).map((signer) => peerIdOf(signer));
  network.keepConnected(() => speaking);
  const joined = await Promise.all(signers.map((signer) => network.join(signer)));
  const heard = joined.slice(0, speakers).map((peer) => {
    const from = new Set<PeerId>();
    peer.subscribe(topic, (_, author) => from.add(author));
    return { peer, from };
  });
  while (heard.some(({ from }) => from.size < speakers - 1)) {
    for (const { peer } of heard) peer.publish(topic, message);
    await setTimeout(blockMs);
  }
  const value = performance.now() - beganMs;
  const { dialsFailed = 0, connections = 0 } = network.metrics();
  for (const peer of joined) peer.leave();
  await network.stopped();
  const note = `of ${count} keys in one process; ${connections} ends of connections, ${dialsFailed} dials in vain`;
  return { who: `libp2p: ${speakers} hear each other`, value, note };
}

async function measure(name: string, network: Network, wire: Wire): Promise<Row[]> {
  const peers = await join(network);
  const rows = [
    ...rowsOf(`${name}: asked and answered`, await streams(peers, wire)),
    ...rowsOf(`${name}: published, heard by all`, await topics(peers, wire)),
  ];
  for (const peer of peers) peer.leave();
  return rows;
}

export const bench: Bench = {
  id: 20,
  title: `${peerCount} peers, each asking another at once, ${messageBytes} bytes there and back`,
  unit: 'ms',
  target: 'an answer over libp2p within 20 ms on one machine; in memory beside it',
  compared: false,
  async run(say) {
    const wire = new Wire();
    const book = new AddressBook();
    const network = new Libp2pNetwork({ runtime, book, topics: [topic], listenOf });
    // Timers of a network keep no process alive.
    const alive = setInterval(() => {}, subscribedMs);
    const met: Row[] = [];
    for (const count of meetings) {
      say(`${count} keys`);
      met.push(await meeting(count));
    }
    say('libp2p');
    const far = await measure('libp2p', network, wire);
    await network.stopped();
    say('memory');
    const near = await measure('memory', new MemoryNetwork(runtime), wire);
    clearInterval(alive);
    return [...far, ...near, ...met];
  },
};
