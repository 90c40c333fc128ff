import { protocols } from '@assay/roles/context';
import { peerIdOf, StreamLost } from '@assay/roles/ports/network';
import type { Adversary } from '../adversary.ts';
import { opening } from '../opening.ts';

export const censoringMixer: Adversary = {
  name: 'censoring-mixer',
  role: 'mixer',
  does: 'It gives no task to the first miner, and says that this miner did not take any.',
  loses: 'The miner goes on working for all others; what its own users buy goes to the next of each draw.',
  cheapen: null,
  attack: () => (member) => {
    const { chain } = member.equipment.context;
    return opening(member, (open) => async (peer, protocol) => {
      const victim = chain.head().miners.get(0);
      const isVictim = victim !== undefined && peerIdOf(victim) === peer;
      if (isVictim && protocol === protocols.serve) throw new StreamLost(peer);
      return open(peer, protocol);
    });
  },
};
