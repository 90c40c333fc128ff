import { isTicket } from '@assay/ledger';
import { type Receipt, type Ref, taskIdOf } from '@assay/protocol';
import { clockToleranceMs } from '../announcements.ts';
import type { CheckView } from './check-view.ts';

/** How far the heights of two mixers may differ when one draws and the other hears of it (§5.21). */
export const drawToleranceBlocks = 8;

type Ticketed = Pick<Receipt, 'session' | 'requestHash' | 'ticket' | 'replica' | 'drawHeight'>;
type DrawView = Pick<CheckView, 'announcements' | 'blockMs'>;

/**
 * §7.2 Why a task of `mixer` may not have this id or be drawn from that state; null when it may. Neither is the
 * mixer's to choose (§6.4, §5.21).
 */
export function checkTicket(view: CheckView, task: Ticketed, mixer: Ref<'mixers'>): string | null {
  const { state, verifier } = view;
  const drawn = { mixer, taskId: taskIdOf(task), drawHeight: task.drawHeight };
  if (!mayBeDrawn(view, drawn)) return 'it was not drawn when it was admitted';
  return isTicket(state, task, { mixer, verifier }) ? null : "the ticket is not its mixer's signature of the request";
}

/**
 * §5.21 Whether a mixer's task may have been drawn from the state at `drawHeight`: it lies within a few blocks of this
 * mixer's height when it heard of the task, or of the chain's by the times of its blocks, where this mixer was behind.
 */
export function mayBeDrawn(
  { announcements, blockMs }: DrawView,
  { mixer, taskId, drawHeight }: { mixer: Ref<'mixers'>; taskId: Uint8Array; drawHeight: number },
): boolean {
  const heard = announcements.heard(mixer, taskId);
  if (heard === null) return true;
  const { firstHeight, firstMs, isFromStart } = heard;
  const earliest = drawHeight - drawToleranceBlocks;
  if (earliest > firstHeight) return (blockMs(earliest) ?? Number.POSITIVE_INFINITY) <= firstMs + clockToleranceMs;
  const latest = drawHeight + drawToleranceBlocks;
  if (!isFromStart || latest >= firstHeight) return true;
  return (blockMs(latest) ?? 0) + clockToleranceMs >= firstMs;
}
