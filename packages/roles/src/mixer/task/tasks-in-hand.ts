import { committeeOf, type LedgerView } from '@assay/ledger';
import type { Ref } from '@assay/protocol';

/** Slots of a miner that count: it says itself how many it has. */
const mostSlots = 64;
/** How far a task moves what one is taken to need. */
const newest = 0.2;
/** Divisible by each number of miners that a session may name. */
const slotParts = 840;
/** What a task is taken to need before one has ended. */
const firstTaskMs = 2000;

/** Who may serve a task: miners of a model, of a dedicated session those it names. */
export interface Servers {
  readonly model: Ref<'models'>;
  /** Empty for all. */
  readonly miners: readonly Ref<'miners'>[];
}

/** Who pays for a task, and who may serve it. */
interface TaskInHand extends Servers {
  readonly payer: string;
}

/** Whether two tasks wait for the same slots. */
export const serversKey = ({ model, miners }: Servers): string => `${model}/${miners.join()}`;

/** The tasks of users that one mixer has in hand, by model and by payer (§5.25). */
export class TasksInHand {
  readonly #byPayer = new Map<string, number>();
  readonly #byModel = new Map<number, number>();
  /** Of a model, those that any of its miners may serve. */
  readonly #ofAny = new Map<number, number>();
  /** What those that name their miners take of each, the same part, in parts of a slot. */
  readonly #partsOfMiner = new Map<number, number>();
  readonly #slots = new Map<number, number>();
  readonly #slotsOfMiner = new Map<number, number>();
  #taskMs = firstTaskMs;

  /** Reads what the active miners of each model do at once for one mixer (§5.23). */
  update(state: LedgerView): void {
    const seats = Math.max(1, committeeOf(state, state.globals.epoch).length);
    this.#slots.clear();
    this.#slotsOfMiner.clear();
    for (const [miner, { status, concurrency, models }] of [...state.miners].entries()) {
      if (status !== 'active') continue;
      const most = Math.min(concurrency, mostSlots);
      const slots = Math.min(most, Math.ceil(most / seats) + 1);
      this.#slotsOfMiner.set(miner, slots);
      for (const model of models) add(this.#slots, model, slots);
    }
  }

  slotsOf({ model, miners }: Servers): number {
    if (miners.length === 0) return this.#slots.get(model) ?? 0;
    return miners.reduce((sum, miner) => sum + (this.#slotsOfMiner.get(miner) ?? 0), 0);
  }

  /** Of a model, whoever may serve them. */
  countOf(model: Ref<'models'>): number {
    return this.#byModel.get(model) ?? 0;
  }

  inHandOf(payer: string): number {
    return this.#byPayer.get(payer) ?? 0;
  }

  /** Whether one task more would begin at once; so it does where no miner is, to hear that from the draw. */
  hasRoom(servers: Servers): boolean {
    const slots = this.slotsOf(servers);
    const { model, miners } = servers;
    if (slots === 0 || miners.length === 0) return slots === 0 || (this.#ofAny.get(model) ?? 0) < slots;
    const taken = miners.reduce((sum, miner) => sum + (this.#partsOfMiner.get(miner) ?? 0), 0);
    return taken + slotParts <= slots * slotParts;
  }

  /** How long a request will wait that so many are before, milliseconds. */
  waitMs(servers: Servers, ahead: number): number {
    return Math.ceil(((ahead + 1) * this.#taskMs) / Math.max(1, this.slotsOf(servers)));
  }

  begin(task: TaskInHand): void {
    this.#count(task, 1);
  }

  /** `tookMs` is null where nothing was done. */
  end(task: TaskInHand, tookMs: number | null): void {
    if (tookMs !== null) this.#taskMs += (tookMs - this.#taskMs) * newest;
    this.#count(task, -1);
  }

  #count(task: TaskInHand, change: number): void {
    add(this.#byPayer, task.payer, change);
    add(this.#byModel, task.model, change);
    if (task.miners.length === 0) add(this.#ofAny, task.model, change);
    for (const miner of task.miners) add(this.#partsOfMiner, miner, (change * slotParts) / task.miners.length);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
