import { type Receipt, taskKinds } from '@assay/protocol';
import type { LedgerView } from './state.ts';

/** Whether tasks of a kind are the network's own: nobody pays for them (§4.12, D7). */
export function isOwnKind(kind: number): boolean {
  return kind === taskKinds.background || kind === taskKinds.challenge;
}

/** Prompt and output tokens of the network's own tasks among receipts. */
export function backgroundTokensOf(receipts: readonly Receipt[]): number {
  let tokens = 0;
  for (const { kind, tokensIn, tokensOut } of receipts) if (isOwnKind(kind)) tokens += tokensIn + tokensOut;
  return tokens;
}

/** §4.12 Whether an epoch has room for the network's own tasks of a batch. */
export function fitsBackground({ params, globals }: LedgerView, receipts: readonly Receipt[]): boolean {
  const tokens = backgroundTokensOf(receipts);
  return tokens === 0 || globals.backgroundTokens + tokens <= params.background.maxTokensPerEpoch;
}
