import type { LedgerView } from '@assay/ledger';
import { AssayError, type Ref } from '@assay/protocol';

/** How many tasks a mixer has in hand for each slot of a miner (§5.25): a few wait, and none for long. */
const tasksPerSlot = 4;
/** Slots of a miner that count: it says itself how many it has. */
const mostSlots = 64;

/** Whose task it is, and who may serve it. */
interface TaskInHand {
  readonly session: Ref<'sessions'>;
  readonly model: Ref<'models'>;
}

/** The tasks of users that one mixer has in hand, by model and by session (§5.25). */
export class TasksInHand {
  readonly #bySession = new Map<number, number>();
  readonly #byModel = new Map<number, number>();
  readonly #slots = new Map<number, number>();

  /** Reads what the active miners of each model can do at once. */
  update({ miners }: Pick<LedgerView, 'miners'>): void {
    this.#slots.clear();
    for (const { status, concurrency, models } of miners) {
      if (status !== 'active') continue;
      for (const model of models) add(this.#slots, model, Math.min(concurrency, mostSlots));
    }
  }

  /** Throws TOO_MANY_REQUESTS when one task more would only wait. */
  requireRoom({ session, model }: TaskInHand): void {
    const slots = this.#slots.get(model) ?? 0;
    const most = tasksPerSlot * slots;
    if (most === 0) return;
    const count = this.#byModel.get(model) ?? 0;
    if (count >= most) throw full(`The miners of the model have ${slots} slots, and ${count} tasks are in hand.`);
    const own = this.#bySession.get(session) ?? 0;
    if (own >= most / 2) throw full(`The session has ${own} tasks in hand, half of what this mixer takes.`);
  }

  begin({ session, model }: TaskInHand): void {
    add(this.#bySession, session, 1);
    add(this.#byModel, model, 1);
  }

  end({ session, model }: TaskInHand): void {
    add(this.#bySession, session, -1);
    add(this.#byModel, model, -1);
  }
}

function add(counts: Map<number, number>, key: number, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

const full = (detail: string) => new AssayError('TOO_MANY_REQUESTS', detail);
