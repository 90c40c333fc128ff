import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Genesis } from '@assay/protocol';
import type { Endpoint } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import { findCometBft } from '../consensus/cometbft/binary.ts';
import { CometEngine } from '../consensus/cometbft/engine.ts';
import { cometNodeId } from '../consensus/cometbft/home.ts';
import type { KeyRing } from '../keys/keyring.ts';
import { writeDurably } from '../store/durable-file.ts';
import type { Store } from '../store/store.ts';
import { lightSource, serveCometLight } from './comet-light.ts';
import { askCometPlaces, serveCometPlace } from './comet-places.ts';
import { cometSeed } from './comet-seed.ts';
import { consensusKeyOf, type NodeConfig, nodeKey } from './config.ts';
import { dataFiles } from './data-files.ts';

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

type CometConfig = Extract<NodeConfig['engine'], { kind: 'cometbft' }>;

/** Pause between two rounds of asking, and the rounds between two lines about it. */
const pauseMs = 5000;
const quietRounds = 12;

/** The engine of a node that makes blocks with others; tells those who ask where it meets them. */
export async function openCometEngine(parts: OpenEngineParts, config: CometConfig): Promise<CometEngine> {
  const { genesis, keys, store, endpoint, runtime, dataDir, onFatal, onProgress } = parts;
  const { binary, listen, announce, trusted } = config;
  const validator = parts.config.roles.find(({ kind }) => kind === 'validator');
  const shown = validator === undefined ? null : keys.named.account(consensusKeyOf(validator.key));
  const home = join(dataDir, dataFiles.cometbft);
  const nodeSeed = cometSeed(keys.named.account(nodeKey));
  const found = await findCometBft({ given: binary ?? undefined, log: onProgress });
  const peers = await peersOf(parts, config, home);
  const ids = parts.config.peers.map(({ peer }) => peer);
  const lightSources = [0, 1].map((first) => lightSource({ endpoint, runtime }, ids, first));
  const engine = await CometEngine.open({
    store,
    genesis,
    runtime,
    onFatal,
    onNotice: onProgress,
    home,
    binary: found,
    nodeSeed,
    network: {
      listen,
      externalAddress: announce ?? undefined,
      peers,
      isLocal: /^tcp:\/\/127\./.test(listen),
      trusted: trusted === null ? undefined : { ...trusted, sources: lightSources },
    },
    keys: shown === null ? null : { signerOf: (publicKey) => keys.account(publicKey), shown },
  });
  const port = Number((announce ?? listen).split(':').at(-1));
  serveCometPlace(endpoint, { nodeId: fromHex(cometNodeId(nodeSeed)) ?? new Uint8Array(20), port });
  serveCometLight(endpoint, engine.light, runtime);
  return engine;
}

/** §20.7 Those of the configuration, and those that its peers name now, else named when they were asked last. */
async function peersOf(parts: OpenEngineParts, { peers, asksPeers }: CometConfig, home: string): Promise<string[]> {
  if (!asksPeers) return peers;
  const { endpoint, runtime, config, onProgress } = parts;
  const path = join(home, 'known-peers.json');
  for (let round = 0; ; round++) {
    const found = await askCometPlaces({ endpoint, runtime }, config.peers);
    if (found.length > 0) {
      await mkdir(home, { recursive: true, mode: 0o700 });
      await writeDurably(path, `${JSON.stringify(found)}\n`, 0o600);
      return [...new Set([...peers, ...found])];
    }
    const known = [...new Set([...peers, ...knownAt(path)])];
    if (known.length > 0) {
      onProgress(`No peer says where its CometBFT is; going on with ${known.join(', ')}.`);
      return known;
    }
    if (round % quietRounds === 0) {
      const asked = config.peers.flatMap(({ addresses }) => addresses).join(', ');
      onProgress(`Waiting for a validator that says where its CometBFT is. Asked are ${asked}.`);
    }
    await runtime.sleep(pauseMs);
  }
}

function knownAt(path: string): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // It was never written, or is not what was written.
    return [];
  }
}
