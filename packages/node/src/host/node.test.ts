import { join } from 'node:path';
import { EngineInfo, MinerToMixer, MixerToMiner } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { modelWorker } from '@assay/roles/miner/index';
import type { InferenceModel } from '@assay/roles/ports/inference';
import { peerIdOf } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestEngine, testChain } from '../consensus/chain.fixture.ts';
import { ApiKeyFile } from '../keys/api-keys.ts';
import { KeyRing } from '../keys/keyring.ts';
import { openKeystore } from '../keys/keystore.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import type { Workers } from './build-roles.ts';
import { Closing } from './closing.ts';
import { startNode } from './node.ts';

/** A node with one miner, whose model is there when the promise holds. */
async function minerNode(serving: Promise<Workers>) {
  const chain = testChain();
  const dir = await newDirectory();
  const opened = await openTestEngine(chain, dir);
  const closing = new Closing();
  const read = () => openKeystore(join(dir, 'keys.json'), 'secret', [{ name: 'miner', bls: false }]);
  const keys = new KeyRing(await read(), read);
  const apiKeys = join(dir, 'api-keys.json');
  await ApiKeyFile.begin(apiKeys);
  const runtime = realRuntime(() => {});
  const network = new MemoryNetwork(runtime);
  const { address: operator } = keys.named.account('miner');
  const node = await startNode(
    {
      genesis: chain.genesis,
      store: opened.store,
      engine: opened.engine,
      network,
      keys,
      apiKeys: new ApiKeyFile(apiKeys),
      serving,
      concurrency: 1,
      runtime,
      api: { host: '127.0.0.1', port: 0, origins: [], hostNames: [] },
      own: {
        engine: 'embedded',
        lagBlocks: () => null,
        peers: () => null,
        roles: [{ kind: 'miner', name: 'miner', operator, worker: 0 }],
      },
      rolesOf: () => [{ kind: 'miner', name: 'miner', index: 0 }],
    },
    closing,
  );
  onTestFinished(async () => {
    await closing.close();
    await opened.close();
  });
  const mixer = await network.join(peerSigner('mixer'));
  const miner = peerIdOf(keys.named.account('miner'));
  /** What the miner says to a task that it is drawn for. */
  const prepare = async (): Promise<string | null> => {
    const stream = await mixer.open(miner, protocols.serve);
    const taskId = new Uint8Array(32);
    const value = { taskId, model: 0, maxTokensIn: 9, maxTokensOut: 4, mixer: 0 };
    await stream.send(MixerToMiner.serialize({ kind: 'prepare', value }));
    const answer = await receive(stream, MinerToMixer);
    return answer?.kind === 'prepared' && !answer.value.accepted ? answer.value.reason : null;
  };
  return { node, prepare };
}

describe('a miner whose model is being loaded §20.9', () => {
  it('declines for it, says so, and is the miner itself once the model is there', async () => {
    const loading = Promise.withResolvers<Workers>();
    const { node, prepare } = await minerNode(loading.promise);
    await expect.poll(() => prepare().catch(() => null)).toBe('still loads its model');
    expect(node.condition().roles).toMatchObject([{ running: false, isLoading: true }]);
    const model = { contextTokens: 64, vocabularySize: 8 } as InferenceModel;
    const worker = modelWorker(model, { ...EngineInfo.defaultValue(), name: 'test' });
    loading.resolve({ measuring: null, workerOf: () => worker });
    await node.ready;
    expect(node.condition().roles).toMatchObject([{ running: true, isLoading: false }]);
    expect(await prepare()).not.toBe('still loads its model');
  });

  it('leaves, and the node says why, where the model cannot be loaded', async () => {
    const loading = Promise.withResolvers<Workers>();
    const { node, prepare } = await minerNode(loading.promise);
    await expect.poll(() => prepare().catch(() => null)).toBe('still loads its model');
    loading.reject(new Error('no such file'));
    await expect(node.ready).rejects.toThrow('no such file');
    await expect
      .poll(() =>
        prepare().then(
          () => 'is there',
          () => 'is gone',
        ),
      )
      .toBe('is gone');
  });
});
