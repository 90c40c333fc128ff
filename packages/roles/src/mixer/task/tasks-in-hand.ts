import { committeeOf, type LedgerView } from '@assay/ledger';
import type { Ref } from '@assay/protocol';

/** Slots of a miner that count: it says itself how many it has. */
const mostSlots = 64;
/** How far a task moves what one is taken to need. */
const newest = 0.2;
/** What a task is taken to need before one has ended. */
const firstTaskMs = 2000;

/** Who pays for a task, and who may serve it. */
interface TaskInHand {
  readonly payer: string;
  readonly model: Ref<'models'>;
}

/** The tasks of users that one mixer has in hand, by model and by payer (§5.25). */
export class TasksInHand {
  readonly #byPayer = new Map<string, number>();
  readonly #byModel = new Map<number, number>();
  readonly #slots = new Map<number, number>();
  #taskMs = firstTaskMs;

  /** Reads what the active miners of each model do at once for one mixer (§5.23). */
  update(state: LedgerView): void {
    const seats = Math.max(1, committeeOf(state, state.globals.epoch).length);
    this.#slots.clear();
    for (const { status, concurrency, models } of state.miners) {
      if (status !== 'active') continue;
      const slots = Math.min(concurrency, mostSlots);
      for (const model of models) add(this.#slots, model, Math.min(slots, Math.ceil(slots / seats) + 1));
    }
  }

  slotsOf(model: Ref<'models'>): number {
    return this.#slots.get(model) ?? 0;
  }

  countOf(model: Ref<'models'>): number {
    return this.#byModel.get(model) ?? 0;
  }

  inHandOf(payer: string): number {
    return this.#byPayer.get(payer) ?? 0;
  }

  /** Whether one task more would begin at once; so it does where no miner is, to hear that from the draw. */
  hasRoom(model: Ref<'models'>): boolean {
    const slots = this.slotsOf(model);
    return slots === 0 || this.countOf(model) < slots;
  }

  /** How long a request will wait that so many of its model are before, milliseconds. */
  waitMs(model: Ref<'models'>, ahead: number): number {
    return Math.ceil(((ahead + 1) * this.#taskMs) / Math.max(1, this.slotsOf(model)));
  }

  begin({ payer, model }: TaskInHand): void {
    add(this.#byPayer, payer, 1);
    add(this.#byModel, model, 1);
  }

  /** `tookMs` is null where nothing was done. */
  end({ payer, model }: TaskInHand, tookMs: number | null): void {
    if (tookMs !== null) this.#taskMs += (tookMs - this.#taskMs) * newest;
    add(this.#byPayer, payer, -1);
    add(this.#byModel, model, -1);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
