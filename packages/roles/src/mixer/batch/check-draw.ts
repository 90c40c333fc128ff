import { type DrawRequest, drawMiners, type TaskBounds } from '@assay/ledger';
import { drawIdOf, type Receipt } from '@assay/protocol';
import { mostAsked } from '../draw-tables.ts';
import type { CheckView } from './check-view.ts';

type Drawn = Pick<Receipt, 'ticket' | 'session' | 'miner' | 'rank'> &
  Pick<DrawRequest, 'kind' | 'model' | 'drawHeight'> &
  TaskBounds;

/** §5.4, §6.2, §6.6 Why a miner may not have had a task at its rank; null when it may. */
export function checkDraw(view: CheckView, drawn: Drawn): string | null {
  const { session, kind, model, drawHeight, rank, miner, maxTokensIn, maxTokensOut } = drawn;
  // What a rank takes to find grows with its square.
  if (rank >= mostAsked) return 'nobody is asked at this rank';
  const table = view.drawTableAt(drawHeight);
  if (table === null) return 'the draw is too old to check';
  const { domain, payer, dedicatedMiners } = view.state.sessions.at(session);
  const bounds = { maxTokensIn, maxTokensOut };
  const request = { ...bounds, taskId: drawIdOf(drawn), kind, domain, model, payer, dedicatedMiners, drawHeight };
  return drawMiners(table, request, rank + 1)[rank]?.miner === miner ? null : 'the miner was not drawn at this rank';
}
