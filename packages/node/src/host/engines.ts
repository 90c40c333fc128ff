import type { Engine } from '@assay/roles/ports/chain';
import { fromHex } from '@assay/ssz';
import { EmbeddedEngine } from '../consensus/embedded.ts';
import { ChainServer, FollowEngine } from '../consensus/follow/index.ts';
import type { Closing } from './closing.ts';
import { type OpenEngineParts, openCometEngine } from './comet-engine.ts';
import { serveGenesis } from './genesis-service.ts';

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
  if (engine.kind === 'cometbft') return openCometEngine(parts, engine);
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
