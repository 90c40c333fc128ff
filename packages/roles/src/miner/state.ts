import type { Ref } from '@assay/protocol';
/** A task of one of `seats` mixers that is to have a slot. */
export interface Asked {
  /** Its number among all that asked. */
  readonly number: number;
  readonly mixer: Ref<'mixers'>;
  readonly seats: number;
}

/** Who has the slots of a miner for tasks that run at once, and who waits for one. */
export interface SlotsState {
  readonly slots: number;
  /** Slots in use, by mixer. */
  readonly held: ReadonlyMap<number, number>;
  /** Who waits the longest comes first. */
  readonly waiting: readonly Asked[];
}

export type SlotsEvent =
  | { readonly type: 'asked'; readonly asked: Asked }
  /** A mixer gave a slot back. */
  | { readonly type: 'released'; readonly mixer: Ref<'mixers'> }
  /** The time that one may wait is over. */
  | { readonly type: 'waited'; readonly number: number };

export type SlotsEffect =
  /** A `waited` is due in so many milliseconds, unless there is an answer before. */
  | { readonly type: 'wait'; readonly number: number; readonly ms: number }
  | { readonly type: 'answer'; readonly number: number; readonly isTaken: boolean };

interface SlotsStep {
  readonly state: SlotsState;
  readonly effects: readonly SlotsEffect[];
}

/** How long a task waits for a slot before it is declined. */
const waitMs = 250;

/** The slots after one event: each goes to whoever waits the longest and may have it (§5.4). */
export function stepSlots(state: SlotsState, event: SlotsEvent): SlotsStep {
  switch (event.type) {
    case 'asked': {
      const { asked } = event;
      if (mayHold(state, asked)) return give(state, asked);
      const effects = [{ type: 'wait', number: asked.number, ms: waitMs }] as const;
      return { state: { ...state, waiting: [...state.waiting, asked] }, effects };
    }
    case 'released': {
      const held = { ...state, held: withHeld(state, event.mixer, -1) };
      const next = held.waiting.find((each) => mayHold(held, each));
      return next === undefined ? { state: held, effects: [] } : give(held, next);
    }
    case 'waited': {
      const waiting = state.waiting.filter(({ number }) => number !== event.number);
      if (waiting.length === state.waiting.length) return { state, effects: [] };
      return { state: { ...state, waiting }, effects: [{ type: 'answer', number: event.number, isTaken: false }] };
    }
  }
}

function give(state: SlotsState, { number, mixer }: Asked): SlotsStep {
  const waiting = state.waiting.filter((each) => each.number !== number);
  const next = { ...state, waiting, held: withHeld(state, mixer, 1) };
  return { state: next, effects: [{ type: 'answer', number, isTaken: true }] };
}

/** §5.23 No mixer has more than its share and one slot. */
function mayHold({ slots, held }: SlotsState, { mixer, seats }: Asked): boolean {
  const own = held.get(mixer) ?? 0;
  const total = [...held.values()].reduce((sum, count) => sum + count, 0);
  return total < slots && own <= Math.ceil(slots / seats);
}

function withHeld({ held }: SlotsState, mixer: Ref<'mixers'>, change: number): ReadonlyMap<Ref<'mixers'>, number> {
  const count = (held.get(mixer) ?? 0) + change;
  const others = [...held].filter(([each]) => each !== mixer);
  return new Map(count > 0 ? [...others, [mixer, count]] : others);
}
