/**
 * An oracle hears where tasks stand, and asks the mixers to take a late one from its miner (D3, §5.3). Mixers do not do
 * this for themselves: one that could end a step alone could take work from whomever it likes. Oracles take turns, so
 * that one of them asks and the others see that it did.
 */
export { Oracle } from './service.ts';
