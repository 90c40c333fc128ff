import type { Serving } from '@assay/node/host/backend';
import type { EngineInfo, Ref } from '@assay/protocol';
import { modelWorker, type Worker } from '@assay/roles/miner/index';
import type { InferenceModel } from '@assay/roles/ports/inference';
import type { Runtime } from '@assay/roles/ports/runtime';
import { encodeText, equalBytes, sha256 } from '@assay/ssz';
import { SimulatedModel } from './simulated-model.ts';

export const engineInfo: EngineInfo = {
  name: 'simulated',
  build: '1',
  backend: 'cpu',
  attention: 'plain',
  kvType: 'f16',
  weights: 'file',
  sampler: 'seeded',
  tensorParallel: 1,
  batchInvariant: true,
  prefixCache: false,
};
const fileHash = sha256(encodeText('the registered file'));
/** Files of the same weights under other hashes, which validators have too. */
export const otherFiles = ['a second file', 'a third file'].map((name) => sha256(encodeText(name)));
export const model = { name: 'simulated', fileHash, contextTokens: 4096, t1ThresholdPpb: 40_000_000 };
/** Time of a token, milliseconds: the least, and the most beyond it. */
const tokenMs = { least: 10, more: 20 } as const;

export interface ServingOptions {
  /** What a miner really runs; when absent the registered weights, which take their time. */
  readonly modelOf?: ((miner: Ref<'miners'>, runtime: Runtime) => InferenceModel) | undefined;
  /** What a miner answers with, in place of that model. */
  readonly workerOf?: ((miner: Ref<'miners'>, honest: Worker) => Worker) | undefined;
  /** What the validators run now; the registered weights when absent. */
  readonly audited?: (() => InferenceModel) | undefined;
}

/** What the roles of a machine serve with, and check with. */
export function servingOn(runtime: Runtime, { modelOf = honest, workerOf, audited }: ServingOptions): Serving {
  const registered = new SimulatedModel('registered');
  const files = [fileHash, ...otherFiles];
  const open = async (hash: Uint8Array) =>
    files.some((each) => equalBytes(hash, each)) ? (audited?.() ?? registered) : null;
  return {
    model,
    measuring: { engine: engineInfo, open },
    workerOf: (miner) => {
      const worker = modelWorker(modelOf(miner, runtime), engineInfo);
      return workerOf?.(miner, worker) ?? worker;
    },
    open: () => Promise.reject(new Error('There are no files in a world.')),
    requireRegistered: () => {},
    close: async () => {},
  };
}

function honest(_: number, runtime: Runtime): InferenceModel {
  const chance = runtime.random('tokens');
  return new SimulatedModel('registered', () => runtime.sleep(tokenMs.least + chance.int(tokenMs.more)));
}
