import {
  type SignedAnnouncement,
  type TaskAnnouncement,
  type TransitionRequest,
  TransitionRequest as TransitionRequestType,
  taskStates,
  toHex,
} from '@assay/protocol';

/** Announcements a mixer keeps for checking receipts and transitions; the oldest go first. */
const maxAnnouncements = 32_768;
/** How far two clocks may differ (§5.3). */
export const clockToleranceMs = 2000;

interface Record {
  readonly last: SignedAnnouncement;
  readonly firstMs: number;
}

/** What one mixer has heard of every mixer's tasks, with its own clock. */
export class Announcements {
  readonly #tasks = new Map<string, Record>();

  /** Keeps what a task's own mixer sent; nobody else may speak for it. Its signature is checked when it is used. */
  record(signed: SignedAnnouncement, nowMs: number): void {
    const { taskId, mixer } = signed.announcement;
    const id = toHex(taskId);
    const known = this.#tasks.get(id);
    if (known !== undefined && known.last.announcement.mixer !== mixer) return;
    this.#tasks.delete(id);
    this.#tasks.set(id, { last: signed, firstMs: known?.firstMs ?? nowMs });
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > maxAnnouncements && oldest !== undefined) this.#tasks.delete(oldest);
  }

  last(taskId: Uint8Array): TaskAnnouncement | null {
    return this.#tasks.get(toHex(taskId))?.last.announcement ?? null;
  }

  /** Milliseconds from the first word of a task to now, by this mixer's clock; null when it heard nothing. */
  ageMs(taskId: Uint8Array, nowMs: number): number | null {
    const record = this.#tasks.get(toHex(taskId));
    return record === undefined ? null : nowMs - record.firstMs;
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
