import type { Ref } from '@assay/protocol';
import type { Timers } from '../ports/runtime.ts';
import { type SlotsEvent, type SlotsState, stepSlots } from './state.ts';

/** The slots for tasks that run at once. */
export class Slots {
  readonly #runtime: Timers;
  /** How those that asked get their answer, by number. */
  readonly #answers = new Map<number, (isTaken: boolean) => void>();
  #state: SlotsState;
  #asked = 0;

  constructor(runtime: Timers, slots: number) {
    this.#runtime = runtime;
    this.#state = { slots, held: new Map(), waiting: [] };
  }

  /** Takes a slot for one of `seats` mixers, now or as soon as it may have one; false when none was in time (§5.4). */
  take(mixer: Ref<'mixers'>, seats: number): Promise<boolean> {
    const number = this.#asked++;
    return new Promise((resolve) => {
      this.#answers.set(number, resolve);
      this.#dispatch({ type: 'asked', asked: { number, mixer, seats } });
    });
  }

  /** Gives a slot of a mixer back, to who waits for it the longest. */
  release(mixer: Ref<'mixers'>): void {
    this.#dispatch({ type: 'released', mixer });
  }

  #dispatch(event: SlotsEvent): void {
    const { state, effects } = stepSlots(this.#state, event);
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === 'answer') this.#answer(effect.number, effect.isTaken);
      else this.#wait(effect.number, effect.ms);
    }
  }

  #wait(number: number, ms: number): void {
    const answer = this.#answers.get(number);
    const cancel = this.#runtime.timer(ms, () => this.#dispatch({ type: 'waited', number }));
    this.#answers.set(number, (isTaken) => {
      cancel();
      answer?.(isTaken);
    });
  }

  #answer(number: number, isTaken: boolean): void {
    this.#answers.get(number)?.(isTaken);
    this.#answers.delete(number);
  }
}
