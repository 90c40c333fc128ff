import { type TaskAnnouncement, type TransitionRequest, taskStates, toHex } from '@assay/protocol';

/** Announcements a mixer keeps for checking receipts and transitions; the oldest go first. */
const maxAnnouncements = 32_768;
/** How far two clocks may differ (§5.3). */
export const clockToleranceMs = 2000;

interface Record {
  readonly last: TaskAnnouncement;
  readonly firstMs: number;
}

/** What one mixer has heard of every mixer's tasks, with its own clock. */
export class Announcements {
  readonly #tasks = new Map<string, Record>();

  /** Keeps an announcement of a task's own mixer; nobody else may speak for it. */
  record(announcement: TaskAnnouncement, nowMs: number): void {
    const id = toHex(announcement.taskId);
    const known = this.#tasks.get(id);
    if (known !== undefined && known.last.mixer !== announcement.mixer) return;
    this.#tasks.delete(id);
    this.#tasks.set(id, { last: announcement, firstMs: known?.firstMs ?? nowMs });
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > maxAnnouncements && oldest !== undefined) this.#tasks.delete(oldest);
  }

  last(taskId: Uint8Array): TaskAnnouncement | null {
    return this.#tasks.get(toHex(taskId))?.last ?? null;
  }

  /** Milliseconds from the first word of a task to now, by this mixer's clock; null when it heard nothing. */
  ageMs(taskId: Uint8Array, nowMs: number): number | null {
    const record = this.#tasks.get(toHex(taskId));
    return record === undefined ? null : nowMs - record.firstMs;
  }

  /** §5.3: this mixer agrees when its own record has the same attempt and its own clock says late, ±2 s. */
  agrees(request: TransitionRequest, nowMs: number): boolean {
    const last = this.last(request.taskId);
    if (last === null || last.state === taskStates.end) return false;
    return last.attempt === request.attempt && nowMs + clockToleranceMs >= last.deadlineMs;
  }
}
