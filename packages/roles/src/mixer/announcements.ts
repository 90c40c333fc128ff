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
/** Tasks of which a mixer heard no word in time, kept for votes: as many of each seat. */
export const maxLate = 4096;
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

/** What one mixer said, by task. */
interface Said {
  readonly records: Map<string, Record>;
  /** First words that came after the step was due (§5.3.5). */
  readonly late: Map<string, SignedAnnouncement>;
}

/**
 * What one mixer has heard of every mixer's tasks, with its own clock. Each mixer speaks for itself: what it says of
 * another's task is a record of its own (§5.3).
 */
export class Announcements {
  /** Of the mixers that are heard only. */
  #byMixer = new Map<number, Said>();
  /** What those said that are heard no more, until they are again: their tasks wait for that, too. The last is last. */
  readonly #former = new Map<number, Said>();
  #sinceHeight = 0;

  /** Height from which on this mixer hears what is said. */
  get sinceHeight(): number {
    return this.#sinceHeight;
  }

  /** This mixer begins to hear, at a height of the chain. */
  begin(height: number): void {
    this.#sinceHeight = height;
  }

  /** §14.10 Sets who is heard, each with the same room. What as many others said last is kept, the rest forgotten. */
  hearOnly(mixers: Iterable<number>): void {
    const before = this.#byMixer;
    const nothing = (): Said => ({ records: new Map(), late: new Map() });
    const said = (mixer: number) => before.get(mixer) ?? this.#former.get(mixer) ?? nothing();
    this.#byMixer = new Map(Array.from(new Set(mixers), (mixer) => [mixer, said(mixer)]));
    for (const mixer of this.#byMixer.keys()) this.#former.delete(mixer);
    for (const [mixer, each] of before) if (!this.#byMixer.has(mixer)) this.#former.set(mixer, each);
    const over = Math.max(0, this.#former.size - this.#byMixer.size);
    for (const mixer of [...this.#former.keys()].slice(0, over)) this.#former.delete(mixer);
  }

  /** Keeps what a mixer sent, unless it is not heard or has said more. Its signature is checked when it is used. */
  record(signed: SignedAnnouncement, hearing: Hearing): void {
    const { taskId, mixer, state, attempt, deadlineMs } = signed.announcement;
    const { nowMs, height, present } = hearing;
    const said = this.#byMixer.get(mixer);
    if (said === undefined || deadlineMs > latestDeadlineMs(hearing)) return;
    const { records, late } = said;
    const id = toHex(taskId);
    const known = records.get(id);
    if (known === undefined && nowMs > deadlineMs + clockToleranceMs) {
      // It says that the task is late, and nothing of when it began.
      if (isNews(signed, late.get(id))) this.#renew(late, { id, value: signed, most: maxLate });
      return;
    }
    if (!isNews(signed, known?.last)) return;
    const isFromStart = (state === 'create' || state === 'prepare') && attempt === 0;
    const first = known ?? { firstMs: nowMs, firstHeight: height, isFromStart, present };
    const begunMs = known?.begunMs ?? (state === 'precommit' ? nowMs : null);
    const lastMs = state === 'end' ? (known?.lastMs ?? nowMs) : nowMs;
    this.#renew(records, { id, value: { ...first, begunMs, last: signed, lastMs }, most: maxAnnouncements });
  }

  /** The newest is last; the oldest go where one mixer's share of `most` is full. */
  #renew<T>(kept: Map<string, T>, { id, value, most }: { id: string; value: T; most: number }): void {
    kept.delete(id);
    kept.set(id, value);
    // More than one, where there are more seats than there were.
    for (const oldest of kept.keys()) {
      if (kept.size <= most / this.#byMixer.size) return;
      kept.delete(oldest);
    }
  }

  /** What a mixer said of a task; null when nothing was heard. */
  heard(mixer: Ref<'mixers'>, taskId: Uint8Array): Heard | null {
    const record = this.#byMixer.get(mixer)?.records.get(toHex(taskId));
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
    const said = this.#byMixer.get(request.mixer);
    const signed = said?.records.get(id)?.last ?? said?.late.get(id);
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

function isNews(signed: SignedAnnouncement, known: SignedAnnouncement | undefined): boolean {
  return known === undefined || isNewer(signed.announcement, known.announcement);
}
