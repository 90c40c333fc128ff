import type { Receipt, SessionRow, TaskKind } from '@assay/protocol';
import type { LedgerView } from '../state/state.ts';

/** Whether a session takes tasks of a kind: users’, the network’s own, or training, which is either (§4.12, D7). */
export function takesKind({ isBackground }: Pick<SessionRow, 'isBackground'>, kind: TaskKind): boolean {
  return kind === 'training' || (kind === 'user') !== isBackground;
}

/** Prompt and output tokens of the network's own tasks among receipts, but for its tests of new miners (§4.12.1). */
export function backgroundTokensOf({ sessions }: LedgerView, receipts: readonly Receipt[]): number {
  let tokens = 0;
  for (const { session, kind, tokensIn, tokensOut } of receipts) {
    if (sessions.at(session).isBackground && kind !== 'challenge') tokens += tokensIn + tokensOut;
  }
  return tokens;
}

/** §4.12 Whether an epoch has room for the network's own tasks of a batch. */
export function fitsBackground(state: LedgerView, receipts: readonly Receipt[]): boolean {
  const { params, globals } = state;
  const tokens = backgroundTokensOf(state, receipts);
  return tokens === 0 || globals.backgroundTokens + tokens <= params.background.maxTokensPerEpoch;
}
