import type { Adversary } from '../adversary.ts';
import { measuring, passed } from './measuring.ts';

export const lazyValidator: Adversary = {
  name: 'lazy-validator',
  role: 'validator',
  does: 'It passes every answer that it should check, and checks none.',
  loses: 'Miners plant answers from their first task on: passing one is a strike, unpaid, and a case.',
  cheapen: null,
  attack: () => measuring(() => async (audit) => passed(audit)),
};
