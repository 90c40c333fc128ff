import type { Adversary } from '../adversary.ts';
import { measuring, passed } from './measuring.ts';

export const lazyValidator: Adversary = {
  name: 'lazy-validator',
  role: 'validator',
  does: 'It passes every answer that it should check, and checks none.',
  loses: 'A plant that it passes costs it a strike, an unpaid duty and a case about its stake.',
  cheapen: null,
  attack: () => measuring(() => async (audit) => passed(audit)),
};
