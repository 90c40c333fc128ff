import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Row } from '../../../../../bench/bench.ts';
import { useNativeHasher } from '../../crypto/hasher.ts';
import { AddressBook } from '../../network/libp2p/address-book.ts';
import { Libp2pNetwork } from '../../network/libp2p/network.ts';
import { peerSigner } from '../../network/peer.fixture.ts';
import { realRuntime } from '../../runtime/real.ts';
import { openStore } from '../../store/store.ts';
import { FollowEngine } from '../follow/index.ts';
import { headTopic } from '../follow/wire.ts';
import {
  type Certified,
  type CertifierTask,
  certifiedChain,
  certifiers,
  type Served,
  sharedMs,
  type Turn,
} from './certifier.fixture.ts';
import { cometForTests, freePorts } from './net.fixture.ts';
import { told } from './told.fixture.ts';

const program = join(import.meta.dirname, 'certifier.fixture.ts');
const full: Turn = { batches: 12, receipts: 512, pauseMs: 0 };
const small: Turn = { batches: 40, receipts: 8, pauseMs: 300 };
const nothing: Turn = { batches: 0, receipts: 0, pauseMs: 0 };

/** When each height was durable at a node that follows the chain over libp2p. */
async function follow(dir: string, { peer, addresses }: Served) {
  const { genesis, hash } = certifiedChain();
  const runtime = realRuntime(() => {});
  const book = new AddressBook();
  book.give(peer, addresses);
  const network = new Libp2pNetwork({ runtime, book, topics: [headTopic], listenOf: () => [] });
  network.keepConnected(() => [peer]);
  const endpoint = await network.join(peerSigner('follower'));
  const store = await openStore({ dir: join(dir, 'follower'), genesisHash: hash });
  const onFatal = (error: Error) => console.error(String(error));
  const engine = await FollowEngine.open({ store, genesis, runtime, endpoint, peers: () => [peer], onFatal });
  const durableMs = new Map<number, number>();
  engine.chain.onBlock(({ result }) => durableMs.set(result.height, sharedMs()));
  engine.start();
  const stop = async () => {
    await engine.stop();
    await store.close();
    endpoint.leave();
    await network.stopped();
  };
  return { durableMs, stop };
}

/** Has processes send their batches, all signed beforehand, at once. */
async function sendAll(children: readonly ChildProcess[], turn: Turn): Promise<Certified[]> {
  const signed = children.map((child) => told(child));
  for (const child of children) child.send(turn);
  await Promise.all(signed);
  const sent = children.map((child) => told<Certified[]>(child));
  for (const child of children) child.send('go');
  const all = (await Promise.all(sent)).flat();
  const refused = all.find(({ code }) => code !== 'OK');
  if (refused !== undefined) throw new Error(`a batch was refused: ${refused.code}`);
  return all;
}

function rateOf(all: readonly Certified[]): Row {
  const seconds = (Math.max(...all.map((each) => each.durableMs)) - Math.min(...all.map((each) => each.sentMs))) / 1000;
  const blocks = new Set(all.map(({ height }) => height)).size;
  const mib = `${certifiers} mixers, batches of ${full.receipts}, ${all.length} batches in ${blocks} blocks`;
  const note = `receipts/s; ${mib}; load of the machine ${loadavg()[0]?.toFixed(1)}`;
  return { who: 'certified receipts', value: (all.length * full.receipts) / seconds, note };
}

function timesOf(who: string, times: readonly number[]): Row[] {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? null;
  const note = `ms from its submission; ${times.length} batches of ${small.receipts}`;
  return [
    { who: `${who}, p50`, value: at(0.5), note },
    { who: `${who}, p99`, value: at(0.99), note },
  ];
}

export const bench: Bench = {
  id: 22,
  title: `Certified batches through ${certifiers} validators under CometBFT, blocks each 200 ms or more`,
  unit: '',
  target: 'as many receipts as mixers certify; final within three blocks',
  compared: false,
  async run(say) {
    const binary = await cometForTests();
    if (binary === null) return [{ who: 'CometBFT', value: null, note: 'there is none' }];
    useNativeHasher();
    const dir = mkdtempSync(join(tmpdir(), 'assay-bench-certified-'));
    const ports = await freePorts(certifiers);
    const children = Array.from({ length: certifiers }, (_, index) =>
      fork(program, [JSON.stringify({ binary, dir, ports, index } satisfies CertifierTask)], { execArgv: [] }),
    );
    try {
      say('the network starts');
      const [served] = await Promise.all(children.map((child) => told<Served>(child)));
      if (served === undefined) throw new Error('nobody serves the chain');
      const follower = await follow(dir, served);
      say('small batches');
      const few = await sendAll(children.slice(0, 1), small);
      say('full batches');
      const many = await sendAll(children, full);
      const heard = few.flatMap(({ sentMs, height }) => (follower.durableMs.get(height) ?? Number.NaN) - sentMs);
      const ended = children.map((child) => once(child, 'exit'));
      for (const child of children) child.send(nothing);
      await Promise.all([follower.stop(), ...ended]);
      const own = few.map(({ sentMs, durableMs }) => durableMs - sentMs);
      return [
        rateOf(many),
        ...timesOf('durable at the validator that submits it', own),
        ...timesOf('durable at a follower', heard),
      ];
    } finally {
      for (const child of children) if (child.exitCode === null) child.kill();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
