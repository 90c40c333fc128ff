import { join } from 'node:path';
import type { Genesis } from '@assay/protocol';
import type { Engine } from '@assay/roles/ports/chain';
import type { Endpoint } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { fromHex } from '@assay/ssz';
import { findCometBft } from '../consensus/cometbft/binary.ts';
import { CometEngine } from '../consensus/cometbft/engine.ts';
import { EmbeddedEngine } from '../consensus/embedded.ts';
import { ChainServer, FollowEngine } from '../consensus/follow/index.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { Store } from '../store/store.ts';
import type { Closing } from './closing.ts';
import { cometSeed } from './comet-seed.ts';
import { consensusKeyOf, type NodeConfig, nodeKey } from './config.ts';
import { dataFiles } from './data-files.ts';
import { serveGenesis } from './genesis-service.ts';

export interface OpenEngineParts {
  readonly config: NodeConfig;
  readonly genesis: Genesis;
  readonly keys: KeyRing;
  readonly store: Store;
  readonly endpoint: Endpoint;
  readonly runtime: Runtime;
  readonly dataDir: string;
  readonly onFatal: (error: Error) => void;
  readonly onProgress: (line: string) => void;
}

/** The engine that a configuration asks for, whose chain is served to others. */
export async function openEngine(parts: OpenEngineParts, closing: Closing): Promise<Engine> {
  const engine = await engineOf(parts);
  const { endpoint, store, runtime, genesis } = parts;
  const server = new ChainServer({ endpoint, chain: engine.chain, store, runtime });
  closing.add(() => server.close());
  serveGenesis(endpoint, genesis, runtime);
  return engine;
}

function engineOf(parts: OpenEngineParts): Promise<Engine> {
  const { config, genesis, keys, store, endpoint, runtime, onFatal } = parts;
  const { engine, peers } = config;
  const common = { store, genesis, runtime, onFatal };
  if (engine.kind === 'embedded') {
    return EmbeddedEngine.open({ ...common, signerOf: (publicKey) => keys.account(publicKey) });
  }
  if (engine.kind === 'cometbft') return cometEngine(parts, engine);
  const { trusted } = engine;
  const root = trusted === null ? null : fromHex(trusted.headerRoot);
  return FollowEngine.open({
    ...common,
    endpoint,
    peers: () => peers.map(({ peer }) => peer),
    verifyAll: engine.verifyAll,
    ...(trusted === null || root === null ? {} : { trusted: { height: trusted.height, headerRoot: root } }),
  });
}

type CometConfig = Extract<NodeConfig['engine'], { kind: 'cometbft' }>;

async function cometEngine(parts: OpenEngineParts, cometConfig: CometConfig): Promise<Engine> {
  const { binary, listen, peers, rpcListen, stateSync } = cometConfig;
  const { config, genesis, keys, store, runtime, dataDir, onFatal, onProgress } = parts;
  const validator = config.roles.find(({ kind }) => kind === 'validator');
  const shown = validator === undefined ? null : keys.named.account(consensusKeyOf(validator.key));
  return CometEngine.open({
    store,
    genesis,
    runtime,
    onFatal,
    home: join(dataDir, dataFiles.cometbft),
    binary: await findCometBft({ given: binary ?? undefined, log: onProgress }),
    nodeSeed: cometSeed(keys.named.account(nodeKey)),
    network: {
      listen,
      peers,
      isLocal: /^tcp:\/\/127\./.test(listen),
      rpcListen: rpcListen ?? undefined,
      stateSync: stateSync ?? undefined,
    },
    keys: shown === null ? null : { signerOf: (publicKey) => keys.account(publicKey), shown },
  });
}
