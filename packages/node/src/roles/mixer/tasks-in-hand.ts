import type { LedgerView } from '@assay/ledger';
import { roleStatuses } from '@assay/protocol';
import { AssayError } from '../../errors.ts';

/** How many tasks a mixer has in hand for each place of a miner (§5.25): a few wait, and none for long. */
const tasksPerPlace = 4;

/** The tasks of users that one mixer has in hand, in all and by session (§5.25). */
export class TasksInHand {
  readonly #bySession = new Map<number, number>();
  #places = 0;
  #count = 0;

  /** Reads what the active miners can do at once. */
  update({ miners }: Pick<LedgerView, 'miners'>): void {
    this.#places = 0;
    for (const { status, concurrency } of miners) if (status === roleStatuses.active) this.#places += concurrency;
  }

  /** Throws TOO_MANY_REQUESTS when one task more would only wait. */
  requireRoom(session: number): void {
    const most = tasksPerPlace * this.#places;
    if (most === 0) return;
    if (this.#count >= most)
      throw full(`The miners have ${this.#places} places, and ${this.#count} tasks are in hand.`);
    const own = this.#bySession.get(session) ?? 0;
    if (own >= most / 2) throw full(`The session has ${own} tasks in hand, half of what this mixer takes.`);
  }

  begin(session: number): void {
    this.#count++;
    this.#bySession.set(session, (this.#bySession.get(session) ?? 0) + 1);
  }

  end(session: number): void {
    this.#count--;
    const left = (this.#bySession.get(session) ?? 1) - 1;
    if (left === 0) this.#bySession.delete(session);
    else this.#bySession.set(session, left);
  }
}

const full = (detail: string) => new AssayError('TOO_MANY_REQUESTS', detail);
