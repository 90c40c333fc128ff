import { MAX_RESULTS_OWED } from '@assay/ledger';
import type { LedgerEvent } from '@assay/protocol';
import { profileCure } from './miner-earning.ts';

type Unchecked = Extract<LedgerEvent, { readonly type: 'minerUnchecked' }>;

/** What is said of an answer that no validator could compare with its own (§10.13, verification §3.4). */
export function uncheckedAnswer(miner: string, { resultsOwed }: Unchecked, refund: string): string {
  return (
    `No validator could compare the engine of ${miner}, so the answer is not paid; ${refund}. ` +
    `The miner owes ${resultsOwed} audits with a result now: all its tasks are audited, and at ${MAX_RESULTS_OWED} ` +
    `it is drawn no more (§10.13, verification §3.4). ${profileCure}`
  );
}

/** What is said of an answer that has no token ids. */
export function textAnswer(miner: string, refund: string): string {
  return (
    `The answer of ${miner} is text alone, which no validator can re-check, so it is not paid; ${refund}. ` +
    'Serve the registered file, with the built-in engine or with a server that says what it chose from.'
  );
}

/** The same in a cell, beside the word of the rejection. */
export const uncheckedReason = 'noResult: no validator could compare its engine (§10.13)';

/** What its miner can do. */
export const uncheckedCure = { name: 'what to do', value: profileCure, source: 'verification §3.4' };
