import type { Ref } from '@assay/protocol';

/** How long a miner that broke off is asked only after the others. */
const avoidMs = 30_000;

/** A task in hand. */
interface InHand {
  /** The miner that has it now. */
  readonly miner: Ref<'miners'>;
}

/** Whom of the first two of a draw one mixer asks first, by what it asks of each and what became of it (§5.12). */
export class MinerTurns {
  /** What an avoided miner counts for: more tasks than a mixer has. */
  readonly #mostTasks: number;
  readonly #inHand = new Map<string, InHand>();
  readonly #avoidedUntilMs = new Map<Ref<'miners'>, number>();

  constructor(mostTasks: number) {
    this.#mostTasks = mostTasks;
  }

  begin(taskId: string, task: InHand): void {
    this.#inHand.set(taskId, task);
  }

  end(taskId: string): void {
    this.#inHand.delete(taskId);
  }

  /** A miner could not be reached or broke off: it is asked later for a while. */
  avoid(miner: Ref<'miners'>, nowMs: number): void {
    this.#avoidedUntilMs.set(miner, nowMs + avoidMs);
  }

  /** §6.2: the first two of the draw are interchangeable; the less loaded one that answers is asked first. */
  order(draw: readonly Ref<'miners'>[], nowMs: number): Ref<'miners'>[] {
    const order = draw.map((_, rank) => rank);
    const [first, second] = draw;
    if (first === undefined || second === undefined) return order;
    return this.#cost(second, nowMs) < this.#cost(first, nowMs) ? [1, 0, ...order.slice(2)] : order;
  }

  #cost(miner: Ref<'miners'>, nowMs: number): number {
    let tasks = (this.#avoidedUntilMs.get(miner) ?? 0) > nowMs ? this.#mostTasks : 0;
    for (const task of this.#inHand.values()) if (task.miner === miner) tasks++;
    return tasks;
  }
}
