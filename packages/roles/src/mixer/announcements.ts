import {
  type Deadlines,
  type Ref,
  type SignedAnnouncement,
  type TransitionRequest,
  TransitionRequest as TransitionRequestType,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { isNewer } from '../announcement-order.ts';

/** Tasks a mixer keeps announcements of, for checking receipts and transitions: as many of each seat. */
export const maxAnnouncements = 32_768;
/** Tasks of which a mixer heard no word in time, kept for votes. */
const maxLate = 4096;
/** How far two clocks may differ (§5.3). */
export const clockToleranceMs = 2000;

/** When a mixer heard of a task, by its own clock. */
export interface Heard {
  readonly firstMs: number;
  /** Of its own chain then. */
  readonly firstHeight: number;
  /** That its answer had begun; null when it heard of no answer. */
  readonly begunMs: number | null;
  /** The last word before the end: an end is announced only once the work is on disk. */
  readonly lastMs: number;
  /** Reassignments, as its mixer last announced them. */
  readonly attempt: number;
  /** Mixers that were there when it first heard of the task (§5.6), and whether the task began with that word. */
  readonly present: ReadonlySet<Ref<'mixers'>>;
  readonly isFromStart: boolean;
}

/** When and where a mixer hears an announcement. */
export interface Hearing {
  readonly nowMs: number;
  readonly height: number;
  readonly deadlines: Deadlines;
  readonly present: ReadonlySet<Ref<'mixers'>>;
}

interface Record extends Omit<Heard, 'attempt'> {
  readonly last: SignedAnnouncement;
}

/**
 * What one mixer has heard of every mixer's tasks, with its own clock. Each mixer speaks for itself: what it says of
 * another's task is a record of its own (§5.3).
 */
export class Announcements {
  /** By mixer and task; of the mixers that are heard only. */
  #byMixer = new Map<number, Map<string, Record>>();
  /** First words that came after the step was due (§5.3.5). */
  readonly #late = new Map<string, SignedAnnouncement>();
  #sinceHeight = 0;

  /** Height from which on this mixer hears what is said. */
  get sinceHeight(): number {
    return this.#sinceHeight;
  }

  /** This mixer begins to hear, at a height of the chain. */
  begin(height: number): void {
    this.#sinceHeight = height;
  }

  /** §14.10 Sets who is heard, each with the same room. What others said is forgotten. */
  hearOnly(mixers: Iterable<number>): void {
    this.#byMixer = new Map(Array.from(new Set(mixers), (mixer) => [mixer, this.#byMixer.get(mixer) ?? new Map()]));
  }

  /** Keeps what a mixer sent, unless it is not heard or has said more. Its signature is checked when it is used. */
  record(signed: SignedAnnouncement, hearing: Hearing): void {
    const { taskId, mixer, state, attempt, deadlineMs } = signed.announcement;
    const { nowMs, height, present } = hearing;
    const tasks = this.#byMixer.get(mixer);
    if (tasks === undefined || deadlineMs > latestDeadlineMs(hearing)) return;
    const id = toHex(taskId);
    const known = tasks.get(id);
    if (known === undefined && nowMs > deadlineMs + clockToleranceMs) {
      this.#keepLate(signed);
      return;
    }
    if (known !== undefined && !isNewer(signed.announcement, known.last.announcement)) return;
    tasks.delete(id);
    const isFromStart = (state === 'create' || state === 'prepare') && attempt === 0;
    const first = known ?? { firstMs: nowMs, firstHeight: height, isFromStart, present };
    const begunMs = known?.begunMs ?? (state === 'precommit' ? nowMs : null);
    const lastMs = state === 'end' ? (known?.lastMs ?? nowMs) : nowMs;
    tasks.set(id, { ...first, begunMs, last: signed, lastMs });
    const [oldest] = tasks.keys();
    if (tasks.size > maxAnnouncements / this.#byMixer.size && oldest !== undefined) tasks.delete(oldest);
  }

  /** §5.3.5 It says that the task is late, and nothing of when it began. */
  #keepLate(signed: SignedAnnouncement): void {
    const { mixer, taskId } = signed.announcement;
    const key = `${mixer} ${toHex(taskId)}`;
    const known = this.#late.get(key);
    if (known !== undefined && !isNewer(signed.announcement, known.announcement)) return;
    this.#late.delete(key);
    this.#late.set(key, signed);
    const [oldest] = this.#late.keys();
    if (this.#late.size > maxLate && oldest !== undefined) this.#late.delete(oldest);
  }

  /** What a mixer said of a task; null when nothing was heard. */
  heard(mixer: Ref<'mixers'>, taskId: Uint8Array): Heard | null {
    const record = this.#byMixer.get(mixer)?.get(toHex(taskId));
    if (record === undefined) return null;
    const { last, ...heard } = record;
    return { ...heard, attempt: last.announcement.attempt };
  }

  /** §5.3: this mixer agrees when the task's mixer told it the same, and its own clock says late, ±2 s. */
  agrees(
    request: TransitionRequest,
    own: { nowMs: number; isSigned: (signed: SignedAnnouncement) => boolean },
  ): boolean {
    const id = toHex(request.taskId);
    const signed = this.#byMixer.get(request.mixer)?.get(id)?.last ?? this.#late.get(`${request.mixer} ${id}`);
    if (signed === undefined || signed.announcement.state === 'end') return false;
    const { attempt, state, miner, rank, deadlineMs } = signed.announcement;
    const isSame = TransitionRequestType.equals({ ...request, attempt, state, miner, rank }, request);
    return isSame && own.nowMs + clockToleranceMs >= deadlineMs && own.isSigned(signed);
  }
}

/** §14.10 No step is due later than this (§5.1, §5.17). */
function latestDeadlineMs({ nowMs, deadlines }: Hearing): number {
  const { prepareMs, firstTokenMs, stallMs, commitMs } = deadlines;
  return nowMs + clockToleranceMs + Math.max(prepareMs, firstTokenMs, stallMs, commitMs);
}
