import type { Adversary } from '../adversary.ts';
import { replaying } from '../miner/replayer.ts';
import { measuring, passed } from './measuring.ts';

export const bribedValidator: Adversary = {
  name: 'bribed-validator',
  role: 'validator',
  accomplice: 'miner',
  does: 'It passes whatever the first miner gives, and that miner gives one kept answer to every prompt.',
  loses:
    'Its pass acquits nobody: the answers hang and are refunded; a fourth validator makes each a strike and a case.',
  cheapen: null,
  attack: () => {
    let briber: Uint8Array | null = null;
    const cheat = replaying();
    return (member) => {
      if (member.spec.kind === 'miner') {
        briber = member.equipment.signer.publicKey;
        return cheat(member);
      }
      const pass = measuring((honest) => async (audit) => {
        const isBribed = briber !== null && audit.state.roleOf('miner', briber) === audit.task.miner;
        return isBribed ? passed(audit) : honest(audit);
      });
      return pass(member);
    };
  },
};
