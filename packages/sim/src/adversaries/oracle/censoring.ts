import { protocols } from '@assay/roles/context';
import { StreamLost } from '@assay/roles/ports/network';
import type { Adversary } from '../adversary.ts';
import { stalling } from '../miner/stalling.ts';
import { opening } from '../opening.ts';

export const censoringOracle: Adversary = {
  name: 'censoring-oracle',
  role: 'oracle',
  accomplice: 'miner',
  does: 'It takes no late task away, so that users wait for the first miner, which begins answers and ends none.',
  loses: 'The next oracle in turn asks instead: it earns the duty, and the miner gets the strike.',
  cheapen: null,
  attack: () => (member) => {
    if (member.spec.kind === 'miner') return stalling(member);
    return opening(member, (open) => async (peer, protocol) => {
      if (protocol === protocols.vote) throw new StreamLost(peer);
      return open(peer, protocol);
    });
  },
};
