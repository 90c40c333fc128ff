import { AssayError, type Ref } from '@assay/protocol';
import { type Servers, serversKey } from './tasks-in-hand.ts';

/** A request of a session, as far as its turn goes (§5.25). */
export interface Asked extends Servers {
  readonly domain: Ref<'domains'>;
  /** Who pays, as text; each has the same claim to the next slot. */
  readonly payer: string;
  /** The network's own, which waits for users (§5.13). */
  readonly isBackground: boolean;
  /** Of its texts, which are kept as long as it waits. */
  readonly bytes: number;
}

/** Texts that a domain's queue keeps. */
export const maxQueueBytes = 64 * 1024 * 1024;

/** A request that waits for its turn. */
export interface Waiting extends Asked {
  readonly number: number;
  readonly sinceMs: number;
}

/** What decides whose turn is next. */
export interface Turns {
  readonly mayBegin: (asked: Asked) => boolean;
  /** Tasks of a payer in hand. */
  readonly inHandOf: (payer: string) => number;
}

/** The requests that wait at one mixer, of each domain a bounded number (§5.25). */
export class TaskQueue {
  readonly #waiting = new Map<number, Waiting>();
  /** The last turn of each payer that waits: its own, or that of another before it came. */
  readonly #turnOf = new Map<string, number>();
  #entered = 0;
  #turns = 0;

  /** Those of a domain, in the order they came. */
  of(domain: Ref<'domains'>): Waiting[] {
    return [...this.#waiting.values()].filter((each) => each.domain === domain);
  }

  /** Whether another request waits for the same miners and came before. */
  isAwaited(asked: Asked): boolean {
    const key = serversKey(asked);
    const isBefore = (each: Asked) => serversKey(each) === key && (asked.isBackground || !each.isBackground);
    return [...this.#waiting.values()].some(isBefore);
  }

  /** Takes a request. Throws TOO_MANY_REQUESTS where the domain's queue is full, or its payer has half of it. */
  enter(asked: Asked, { nowMs, most }: { readonly nowMs: number; readonly most: number }): Waiting {
    const there = this.of(asked.domain);
    if (there.length >= most) throw full(`${there.length} requests wait in domain ${asked.domain}.`);
    const own = there.filter(({ payer }) => payer === asked.payer);
    if (2 * own.length >= most) throw full(`${own.length} requests of its payer wait, half of what the queue takes.`);
    const bytesOf = (requests: readonly Asked[]) => requests.reduce((sum, { bytes }) => sum + bytes, asked.bytes);
    if (bytesOf(there) > maxQueueBytes) throw full(`The texts that wait in domain ${asked.domain} are too long.`);
    if (2 * bytesOf(own) > maxQueueBytes)
      throw full('The texts of its payer that wait are half of what the queue keeps.');
    const waiting = { ...asked, number: this.#entered++, sinceMs: nowMs };
    this.#waiting.set(waiting.number, waiting);
    // Who comes again and again, with one request each time, would else be before all that wait.
    if (!this.#turnOf.has(asked.payer)) this.#turnOf.set(asked.payer, this.#turns);
    return waiting;
  }

  leave({ number, payer }: Pick<Waiting, 'number' | 'payer'>): void {
    this.#waiting.delete(number);
    if (![...this.#waiting.values()].some((each) => each.payer === payer)) this.#turnOf.delete(payer);
  }

  /**
   * The request whose turn it is, taken out: a user's before the network's own, of the payer with the fewest tasks in
   * hand, of those of whoever had its turn the longest ago, then the oldest. Null when none may begin.
   */
  next({ mayBegin, inHandOf }: Turns): Waiting | null {
    const ready = [...this.#waiting.values()].filter(mayBegin);
    const rankOf = (each: Waiting): readonly number[] => [
      Number(each.isBackground),
      inHandOf(each.payer),
      this.#turnOf.get(each.payer) ?? 0,
      each.number,
    ];
    const [first] = ready.map((each) => ({ each, rank: rankOf(each) })).toSorted((a, b) => compare(a.rank, b.rank));
    if (first === undefined) return null;
    this.#turnOf.set(first.each.payer, ++this.#turns);
    this.leave(first.each);
    return first.each;
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

const full = (detail: string) => new AssayError('TOO_MANY_REQUESTS', detail);
