import { createServer } from 'node:net';
import { join } from 'node:path';
import { encodeText, equalBytes, sha256 } from '@assay/ssz';
import { realRuntime } from '../../runtime/real.ts';
import { openStore, type Store } from '../../store/store.ts';
import { type TestChain, testChain } from '../chain.fixture.ts';
import { findCometBft } from './binary.ts';
import { CometEngine, type CometOptions } from './engine.ts';
import { type CometNetwork, cometNodeId } from './home.ts';

/** The binary that tests start; null, with the reason on the screen, where there is none. */
export async function cometForTests(): Promise<string | null> {
  try {
    return await findCometBft({ log: (line) => console.warn(line) });
  } catch (error) {
    console.warn(`SKIPPED: ${String(error)}`);
    return null;
  }
}

export interface TestNode {
  readonly store: Store;
  readonly engine: CometEngine;
  readonly lines: readonly string[];
  close(): Promise<void>;
}

export interface TestNet {
  readonly chain: TestChain;
  /** Opens and starts a node; the first ones are validators, in the order of the genesis. */
  node(
    index: number,
    more?: Partial<CometOptions>,
    network?: Partial<CometNetwork>,
    wrap?: (store: Store) => Store,
  ): Promise<TestNode>;
}

const seedOf = (index: number) => sha256(encodeText(`comet node ${index}`));

export interface NetOptions {
  readonly validators: number;
  /** With those that make no blocks; as many as `validators` when absent. */
  readonly nodes?: number;
  readonly accounts?: number;
  readonly epochBlocks?: number;
  /** Another chain than the one of those validators and accounts, with the consensus keys of its validators. */
  readonly chain?: TestChain;
  /** One for each node, the same in every process of one network; free ones when absent. */
  readonly ports?: readonly number[];
}

/** Nodes on 127.0.0.1, as many of them in this process as are opened here, each with a CometBFT of its own. */
export async function testNet(binary: string, dir: string, options: NetOptions): Promise<TestNet> {
  const { validators, nodes = validators, accounts = 4, epochBlocks = 8 } = options;
  const { chain = testChain({ accounts, makers: validators, epochBlocks, blockTimeMs: 200 }) } = options;
  const { ports = await freePorts(nodes) } = options;
  const addressOf = (index: number) => `127.0.0.1:${ports[index]}`;
  const node: TestNet['node'] = async (index, more = {}, network = {}, wrap = (each) => each) => {
    const store = await openStore({ dir: join(dir, `chain${index}`), genesisHash: chain.hash });
    const lines: string[] = [];
    const own = chain.sealers[index];
    const others = Array.from({ length: nodes }, (_, i) => i).filter((i) => i !== index);
    const peers = others.map((i) => `${cometNodeId(seedOf(i))}@${addressOf(i)}`);
    const engine = await CometEngine.open({
      store: wrap(store),
      genesis: chain.genesis,
      onFatal: (error) => lines.push(`ended: ${error.message}`),
      home: join(dir, `comet${index}`),
      binary,
      nodeSeed: seedOf(index),
      network: { listen: `tcp://${addressOf(index)}`, peers, isLocal: true, ...network },
      keys:
        own === undefined
          ? null
          : { signerOf: (publicKey) => (equalBytes(publicKey, own.publicKey) ? own : null), shown: own },
      runtime: realRuntime((line) => lines.push(line)),
      ...more,
    });
    engine.start();
    const close = async () => {
      await engine.stop();
      await store.close();
    };
    return { store, engine, lines, close };
  };
  return { chain, node };
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits until something holds; says what for when it never does. */
export async function until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
