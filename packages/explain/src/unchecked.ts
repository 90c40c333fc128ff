import { MAX_RESULTS_OWED } from '@assay/ledger';
import type { LedgerEvent } from '@assay/protocol';
import { profileCure } from './miner-earning.ts';

type Unchecked = Extract<LedgerEvent, { readonly type: 'minerUnchecked' }>;

/** What is said of an answer whose engine no validator could compare (§10.13, verification §3.4). */
export function uncheckedAnswer(miner: string, { resultsOwed }: Unchecked, refund: string): string {
  return (
    `No validator could compare the engine of ${miner}, so the answer is not paid; ${refund}. ` +
    `The miner owes ${resultsOwed} audits with a result now: all its tasks are audited, and at ${MAX_RESULTS_OWED} ` +
    `it is drawn no more (§10.13, verification §3.4). ${profileCure}`
  );
}

/** The same in a cell, beside the word of the rejection. */
export const uncheckedReason = 'noResult: no validator could compare its engine (§10.13)';

/** What its miner can do. */
export const uncheckedCure = { name: 'what to do', value: profileCure, source: 'verification §3.4' };
