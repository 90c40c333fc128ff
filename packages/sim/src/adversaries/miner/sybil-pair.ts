import { InferencePayload } from '@assay/protocol';
import { modelWorker } from '@assay/roles/miner/index';
import { toHex } from '@assay/ssz';
import type { Adversary } from '../adversary.ts';
import { withoutLayers } from './fewer-layers.ts';
import { answering } from './serving.ts';

export const sybilPair: Adversary = {
  name: 'sybil-pair',
  role: 'miner',
  members: 2,
  does:
    'Two miners under two names tell each other their prompts: what one of them had is taken for a challenge and ' +
    'answered honestly, all else with a third of the model.',
  loses: 'Audits do not need challenges: both are rejected and refunded for what they serve to users.',
  cheapen: withoutLayers(2 / 3),
  attack: (cheap) => {
    const known = new Set<string>();
    return answering(({ engine, generate }) => (payload, bounds, signal) => {
      const prompt = toHex(InferencePayload.hashTreeRoot({ ...payload, nonce: new Uint8Array(32) }));
      const isKnown = known.has(prompt);
      known.add(prompt);
      return (isKnown ? generate : modelWorker(cheap, engine).generate)(payload, bounds, signal);
    });
  },
};
