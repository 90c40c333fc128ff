import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { genesisHash } from '@assay/ledger';
import { EngineInfo, Hardware } from '@assay/protocol';
import { useNativeHasher } from '../../crypto/hasher.ts';
import { provision } from '../../devnet/provision.ts';
import { AddressBook } from '../../network/libp2p/address-book.ts';
import type { Libp2pEndpoint } from '../../network/libp2p/endpoint.ts';
import { Libp2pNetwork } from '../../network/libp2p/network.ts';
import { peerSigner } from '../../network/peer.fixture.ts';
import { realRuntime } from '../../runtime/real.ts';
import { batchTransaction, oneEpoch, receiptOf, roleKeys } from '../batches.fixture.ts';
import { type TestChain, testChain } from '../chain.fixture.ts';
import { ChainServer } from '../follow/index.ts';
import { headTopic } from '../follow/wire.ts';
import { type TestNode, testNet, until } from './net.fixture.ts';

/**
 * Run as a process of its own: one validator, with a mixer that sends certified batches, each once the one before is
 * in a block. The first registers the miners and opens the session, and serves the chain to others.
 */
export interface CertifierTask {
  readonly binary: string;
  readonly dir: string;
  readonly ports: readonly number[];
  readonly index: number;
}

/** Batches to send, told to a process as often as wanted. */
export interface Turn {
  readonly batches: number;
  readonly receipts: number;
  /** Between the end of one and the next, milliseconds. */
  readonly pauseMs: number;
}

/** A batch that was sent, by the clock that processes of a machine share, milliseconds. */
export interface Certified {
  readonly sentMs: number;
  readonly durableMs: number;
  readonly height: number;
  readonly code: string;
}

export interface Served {
  readonly peer: string;
  readonly addresses: readonly string[];
}

export const certifiers = 4;
const miners = 8;
const engine = { ...EngineInfo.defaultValue(), name: 'simulated' };

/** What processes of one machine agree on, milliseconds. */
export const sharedMs = (): number => performance.timeOrigin + performance.now();

/** Mixers, miners and accounts of the default network, and four validators. */
export function certifiedChain(): TestChain {
  const plain = testChain({ makers: certifiers, blockTimeMs: 200 });
  const made = oneEpoch({ miners });
  const genesis = {
    ...made,
    params: { ...made.params, blockTimeMs: 200 },
    validators: plain.genesis.validators.map((each) => ({ ...each, stakeUnits: 20_000_000_000_000n })),
  };
  const hash = genesisHash(genesis);
  return { ...plain, genesis, hash, identity: { chainId: genesis.chainId, genesisHash: hash } };
}

async function serve({ engine: { chain }, store }: TestNode): Promise<Libp2pEndpoint> {
  const runtime = realRuntime(() => {});
  const listenOf = () => ['/ip4/127.0.0.1/tcp/0'];
  const network = new Libp2pNetwork({ runtime, book: new AddressBook(), topics: [headTopic], listenOf });
  const endpoint = await network.join(peerSigner('validator'));
  new ChainServer({ endpoint, chain, store, runtime });
  await provision({
    chain,
    keys: roleKeys,
    runtime,
    miners,
    workerOf: () => ({ engine, contextTokens: 4096, model: {} }),
    hardware: Hardware.defaultValue(),
    depositUnits: 500_000_000_000_000n,
  });
  return endpoint;
}

async function send({ engine: { chain } }: TestNode, mixer: number, first: number, turn: Turn): Promise<Certified[]> {
  const drawHeight = chain.head().globals.height;
  const batches = Array.from({ length: turn.batches }, (_, b) => {
    const sequence = first + b;
    const receipts = Array.from({ length: turn.receipts }, (_each, i) =>
      receiptOf(chain.head(), { request: `${mixer} ${sequence} ${i}`, session: 0, miner: i % miners, drawHeight }),
    );
    return batchTransaction(chain.identity, mixer, { sequence, receipts });
  });
  process.send?.('signed');
  await once(process, 'message');
  const sent: Certified[] = [];
  for (const batch of batches) {
    const sentMs = sharedMs();
    const { code, height } = await chain.submit(batch);
    sent.push({ sentMs, durableMs: sharedMs(), height, code });
    await setTimeout(turn.pauseMs);
  }
  return sent;
}

async function run({ binary, dir, ports, index }: CertifierTask): Promise<void> {
  const chain = certifiedChain();
  const net = await testNet(binary, dir, { validators: certifiers, ports, chain });
  const node = await net.node(index);
  await until('blocks', () => node.engine.chain.isCurrent() && node.store.height >= 3, 60_000);
  const endpoint = index === 0 ? await serve(node) : null;
  process.send?.(endpoint === null ? null : ({ peer: endpoint.id, addresses: endpoint.addresses } satisfies Served));
  for (let first = 0; ; ) {
    const [turn] = (await once(process, 'message')) as [Turn];
    if (turn.batches === 0) break;
    process.send?.(await send(node, index, first, turn));
    first += turn.batches;
  }
  endpoint?.leave();
  await node.close();
  process.disconnect();
}

const [task] = process.argv.slice(2);
if (task !== undefined && process.send !== undefined) {
  useNativeHasher();
  await run(JSON.parse(task));
}
