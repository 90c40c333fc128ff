import { AssayError, GatewayMessage, type Ref } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import type { RoleContext } from '../../context.ts';
import type { MessageStream } from '../../ports/network.ts';
import { type Asked, TaskQueue, type Waiting } from './task-queue.ts';
import { TasksInHand } from './tasks-in-hand.ts';

/** What waits in a domain, to be shown (§5.25). */
export interface LineView {
  readonly waiting: number;
  /** How long the oldest has waited. */
  readonly oldestMs: number | null;
  readonly models: readonly {
    readonly model: Ref<'models'>;
    readonly slots: number;
    readonly inHand: number;
    readonly waiting: number;
    readonly waitMs: number;
  }[];
  readonly payers: readonly { readonly payer: Uint8Array; readonly waiting: number; readonly inHand: number }[];
}

/** The line of requests for the slots of the miners, at one mixer (§5.25). */
export class Line {
  readonly #context: Pick<RoleContext, 'chain' | 'runtime'>;
  /** Whether users' tasks are in hand. */
  readonly #isBusy: () => boolean;
  readonly #inHand = new TasksInHand();
  readonly #queue = new TaskQueue();
  /** Calls the requests that wait, by number. */
  readonly #called = new Map<number, (outcome: 'called' | 'stopped') => void>();

  constructor(context: Pick<RoleContext, 'chain' | 'runtime'>, isBusy: () => boolean) {
    this.#context = context;
    this.#isBusy = isBusy;
  }

  /** Reads again what the miners can do at once. */
  update(): void {
    this.#inHand.update(this.#context.chain.head());
    this.#callNext();
  }

  /** What waits for miners of these models of a domain, and what is in hand. */
  view(domain: Ref<'domains'>, models: readonly Ref<'models'>[]): LineView {
    const waiting = this.#queue.of(domain);
    const nowMs = this.#context.runtime.monotonicMs();
    const payers = Map.groupBy(waiting, ({ payer }) => payer);
    return {
      waiting: waiting.length,
      oldestMs: waiting[0] === undefined ? null : Math.round(nowMs - waiting[0].sinceMs),
      models: models.map((model) => {
        const own = waiting.filter((each) => each.model === model).length;
        const any = { model, miners: [] };
        const [slots, inHand] = [this.#inHand.slotsOf(any), this.#inHand.countOf(model)];
        const waitMs = own === 0 && this.#inHand.hasRoom(any) ? 0 : this.#inHand.waitMs(any, own);
        return { model, slots, inHand, waiting: own, waitMs };
      }),
      payers: [...payers].map(([payer, { length }]) => ({
        payer: fromHex(payer) ?? noPayer,
        waiting: length,
        inHand: this.#inHand.inHandOf(payer),
      })),
    };
  }

  /**
   * Waits until a slot is the request's, and takes it; false when its client has left (§5.25). Throws TOO_MANY_REQUESTS
   * when there is no room to wait, or its time is over, and NO_MIXER when the mixer is stopped.
   */
  async take(asked: Asked, stream: MessageStream, left: Promise<'left'>): Promise<boolean> {
    if (this.#mayBegin(asked) && !this.#queue.isAwaited(asked)) {
      this.#inHand.begin(asked);
      return true;
    }
    const { runtime } = this.#context;
    const { maxWaiting, maxWaitMs } = this.#context.chain.head().params.queue;
    const ahead = this.#queue.of(asked.domain).length;
    const waitMs = this.#inHand.waitMs(asked, ahead);
    const tooMany = (detail: string) => new AssayError('TOO_MANY_REQUESTS', detail, { retryAfterMs: waitMs });
    let waiting: Waiting;
    try {
      waiting = this.#queue.enter(asked, { nowMs: runtime.monotonicMs(), most: maxWaiting });
    } catch (error) {
      throw error instanceof AssayError ? tooMany(error.detail) : error;
    }
    let cancel = () => {};
    const called = new Promise<'called' | 'stopped'>((resolve) => this.#called.set(waiting.number, resolve));
    const late = new Promise<'late'>((resolve) => {
      cancel = runtime.timer(maxWaitMs, () => resolve('late'));
    });
    // Not waited for: a client that reads nothing would keep the slot that it is called to.
    void stream.send(GatewayMessage.serialize({ kind: 'queued', value: { ahead, waitMs } })).catch(() => {});
    const outcome = await Promise.race([called, late, left]);
    cancel();
    const wasCalled = !this.#called.delete(waiting.number);
    if (wasCalled && outcome !== 'called') {
      // Its turn came in the same moment, or after the stop.
      this.end(asked, null);
    }
    this.#queue.leave(waiting);
    if (outcome === 'late') throw tooMany(`It waited ${maxWaitMs / 1000} s for a miner of its model.`);
    if (outcome === 'stopped') throw new AssayError('NO_MIXER', 'This mixer is stopped.');
    return outcome === 'called';
  }

  /** Sends on those that wait to another mixer. */
  stop(): void {
    for (const call of this.#called.values()) call('stopped');
  }

  /** Gives a slot back; null where nothing was done in it. */
  end(asked: Asked, tookMs: number | null): void {
    this.#inHand.end(asked, tookMs);
    this.#callNext();
  }

  /** Gives each slot that is free to the request whose turn it is. */
  #callNext(): void {
    for (;;) {
      const next = this.#queue.next({
        mayBegin: (asked) => this.#mayBegin(asked),
        inHandOf: (payer) => this.#inHand.inHandOf(payer),
      });
      if (next === null) return;
      this.#inHand.begin(next);
      const call = this.#called.get(next.number);
      this.#called.delete(next.number);
      call?.('called');
    }
  }

  /** §5.13 The network's own tasks wait for users. */
  #mayBegin(asked: Asked): boolean {
    return this.#inHand.hasRoom(asked) && !(asked.isBackground && this.#isBusy());
  }
}

const noPayer = new Uint8Array(20);
