import {
  type SignedAnnouncement,
  type TransitionRequest,
  TransitionRequest as TransitionRequestType,
  taskStates,
  toHex,
} from '@assay/protocol';

/** Announcements a mixer keeps for checking receipts and transitions; the oldest go first. */
const maxAnnouncements = 32_768;
/** How far two clocks may differ (§5.3). */
export const clockToleranceMs = 2000;
/** How far the heights of two mixers may differ when one draws and the other hears of it (§5.21). */
export const drawToleranceBlocks = 8;

/** When a mixer heard of a task, by its own clock. */
export interface Heard {
  readonly firstMs: number;
  /** That its answer had begun; null when it heard of no answer. */
  readonly begunMs: number | null;
  /** The last word before the end: an end is announced only once the work is on disk. */
  readonly lastMs: number;
  /** Reassignments, as its mixer last announced them. */
  readonly attempt: number;
}

interface Record {
  readonly last: SignedAnnouncement;
  /** When the first word of it came, by this mixer's clock and chain, and whether that was the task's first of all. */
  readonly firstMs: number;
  readonly firstHeight: number;
  readonly isFromStart: boolean;
  readonly begunMs: number | null;
  readonly lastMs: number;
}

/** What one mixer has heard of every mixer's tasks, with its own clock. */
export class Announcements {
  readonly #tasks = new Map<string, Record>();

  /** Keeps what a task's own mixer sent; nobody else may speak for it. Its signature is checked when it is used. */
  record(signed: SignedAnnouncement, now: { readonly nowMs: number; readonly height: number }): void {
    const { taskId, mixer, state, attempt } = signed.announcement;
    const id = toHex(taskId);
    const known = this.#tasks.get(id);
    if (known !== undefined && known.last.announcement.mixer !== mixer) return;
    this.#tasks.delete(id);
    const isFromStart = state <= taskStates.prepare && attempt === 0;
    const first = known ?? { firstMs: now.nowMs, firstHeight: now.height, isFromStart };
    const begunMs = known?.begunMs ?? (state === taskStates.precommit ? now.nowMs : null);
    const lastMs = state === taskStates.end ? (known?.lastMs ?? now.nowMs) : now.nowMs;
    this.#tasks.set(id, { ...first, begunMs, last: signed, lastMs });
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > maxAnnouncements && oldest !== undefined) this.#tasks.delete(oldest);
  }

  /** What it heard of a task; null when nothing. */
  heard(taskId: Uint8Array): Heard | null {
    const record = this.#tasks.get(toHex(taskId));
    if (record === undefined) return null;
    const { last, firstMs, begunMs, lastMs } = record;
    return { firstMs, begunMs, lastMs, attempt: last.announcement.attempt };
  }

  /**
   * §5.21 Whether a task may have been drawn from the state at `drawHeight`: within a few blocks of this mixer's height
   * when it first heard of the task. Of a task that it heard of late, or never, it knows no more.
   */
  allowsDraw(taskId: Uint8Array, drawHeight: number): boolean {
    const record = this.#tasks.get(toHex(taskId));
    if (record === undefined) return true;
    const { firstHeight, isFromStart } = record;
    const isTooOld = isFromStart && drawHeight + drawToleranceBlocks < firstHeight;
    return !isTooOld && drawHeight <= firstHeight + drawToleranceBlocks;
  }

  /** §5.3: this mixer agrees when its own record says the same of the task and its own clock says late, ±2 s. */
  agrees(
    request: TransitionRequest,
    own: { nowMs: number; isSigned: (signed: SignedAnnouncement) => boolean },
  ): boolean {
    const signed = this.#tasks.get(toHex(request.taskId))?.last;
    if (signed === undefined || signed.announcement.state === taskStates.end) return false;
    const { attempt, state, miner, rank, deadlineMs } = signed.announcement;
    const isSame = TransitionRequestType.equals({ ...request, attempt, state, miner, rank }, request);
    return isSame && own.nowMs + clockToleranceMs >= deadlineMs && own.isSigned(signed);
  }
}
