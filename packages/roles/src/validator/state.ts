import type { AuditDuty } from '@assay/ledger';
import { type Commitment, limits } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { feasibleDuties, nextAsk, type Pace } from './schedule.ts';

type Step = AuditDuty['step'];

/** Where a validator is with the audits it owes; tasks are named by their ids in hexadecimal. */
export interface AuditState {
  /** Measured, and not yet in a block. */
  readonly ready: ReadonlyMap<string, Commitment>;
  readonly measuring: ReadonlySet<string>;
  /** How often an artifact was asked for that was not there, and from which height on it is asked for again. */
  readonly absent: ReadonlyMap<string, { readonly asks: number; readonly height: number }>;
  /** What failed since the last block, or was refused by step and task: not to be tried again before the next. */
  readonly failed: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
  readonly sending: ReadonlySet<Step>;
}

export const noAudits: AuditState = {
  ready: new Map(),
  measuring: new Set(),
  absent: new Map(),
  failed: new Set(),
  refused: new Set(),
  sending: new Set(),
};

export type AuditEvent =
  /** What is not owed any more is let go. */
  | { readonly type: 'block' }
  /** The commitment is null where nothing could be measured. */
  | { readonly type: 'measured'; readonly taskId: Uint8Array; readonly commitment: Uint8Array | null }
  /** Nobody gave the artifact, and there is time to ask again. */
  | { readonly type: 'absent'; readonly taskId: Uint8Array }
  /** A list is in a block, or was refused: whole, or these tasks of it. */
  | { readonly type: 'sent'; readonly step: Step; readonly refused: readonly Uint8Array[] };

export type AuditEffect =
  /** The last time: what nobody gives then counts as no artifact. */
  | { readonly type: 'measure'; readonly taskId: Uint8Array; readonly isLast: boolean }
  | { readonly type: 'commit'; readonly items: Commitment[] }
  | { readonly type: 'reveal'; readonly taskIds: readonly Uint8Array[] };

type Measure = Extract<AuditEffect, { type: 'measure' }>;

/** What is owed now, of the reveals only those whose numbers are at hand, and how fast the validator is. */
export interface Owed {
  readonly duties: readonly AuditDuty[];
  readonly pace: Omit<Pace, 'lanes'>;
}

interface AuditStep {
  readonly state: AuditState;
  readonly effects: readonly AuditEffect[];
}

/** Audits at once: one is fetched while another is measured. A backend that can do no more makes them wait. */
const lanes = 2;

/** The audits after one event, and what to measure and to send (§14.4). */
export function stepAudits(before: AuditState, event: AuditEvent, owed: Owed): AuditStep {
  const state = after(before, event, owed);
  const measure = toMeasure(state, owed);
  const commit = state.sending.has('commit') ? [] : commitments(state, owed);
  const reveal = state.sending.has('reveal') ? [] : reveals(state, owed);
  const effects: AuditEffect[] = measure.map((each) => ({ type: 'measure', ...each }));
  if (commit.length > 0) effects.push({ type: 'commit', items: commit });
  if (reveal.length > 0) effects.push({ type: 'reveal', taskIds: reveal });
  const measuring = new Set([...state.measuring, ...measure.map(({ taskId }) => toHex(taskId))]);
  const sent = effects.flatMap(({ type }) => (type === 'measure' ? [] : [type]));
  return { state: { ...state, measuring, sending: new Set([...state.sending, ...sent]) }, effects };
}

function after(state: AuditState, event: AuditEvent, { duties, pace }: Owed): AuditState {
  switch (event.type) {
    case 'block': {
      const owed = new Set(of(duties, 'commit').map(toHex));
      const ready = new Map([...state.ready].filter(([id]) => owed.has(id)));
      const absent = new Map([...state.absent].filter(([id]) => owed.has(id)));
      return { ...state, ready, absent, failed: new Set(), refused: new Set() };
    }
    case 'absent': {
      const id = toHex(event.taskId);
      const asks = asksOf(state, id) + 1;
      const duty = duties.find(({ taskId }) => toHex(taskId) === id);
      const height = (duty && nextAsk(duty, asks, { ...pace, lanes })) ?? pace.height;
      const absent = new Map([...state.absent, [id, { asks, height }]]);
      return { ...state, measuring: without(state.measuring, id), absent };
    }
    case 'measured': {
      const { taskId, commitment } = event;
      const id = toHex(taskId);
      const measuring = without(state.measuring, id);
      if (commitment === null) return { ...state, measuring, failed: new Set([...state.failed, id]) };
      return { ...state, measuring, ready: new Map([...state.ready, [id, { taskId, commitment }]]) };
    }
    case 'sent': {
      const { step } = event;
      const refused = new Set([...state.refused, ...event.refused.map((taskId) => refusalKey(step, taskId))]);
      return { ...state, refused, sending: without(state.sending, step) };
    }
  }
}

/** What is asked for again goes after the others while it need not be the last time (§14.8). */
function toMeasure(state: AuditState, { duties, ...owed }: Owed): Omit<Measure, 'type'>[] {
  const pace = { ...owed.pace, lanes };
  const { ready, measuring, failed, absent } = state;
  const isDue = (id: string) => (absent.get(id)?.height ?? 0) <= pace.height;
  const isOpen = (id: string) => !ready.has(id) && isDue(id);
  const open = duties.filter(({ step, taskId }) => step === 'commit' && isOpen(toHex(taskId)));
  const isNew = ({ taskId }: AuditDuty) => !measuring.has(toHex(taskId)) && !failed.has(toHex(taskId));
  const fresh = feasibleDuties(open, pace)
    .filter(isNew)
    .map((duty) => {
      const asks = asksOf(state, toHex(duty.taskId));
      return { taskId: duty.taskId, asks, isLast: nextAsk(duty, asks + 1, pace) === null };
    });
  return fresh
    .toSorted((a, b) => Number(a.asks > 0 && !a.isLast) - Number(b.asks > 0 && !b.isLast))
    .slice(0, Math.max(0, lanes - measuring.size))
    .map(({ taskId, isLast }) => ({ taskId, isLast }));
}

function asksOf({ absent }: AuditState, id: string): number {
  return absent.get(id)?.asks ?? 0;
}

function commitments({ ready, refused }: AuditState, { duties }: Owed): Commitment[] {
  const wanted = of(duties, 'commit').filter((taskId) => !refused.has(refusalKey('commit', taskId)));
  return wanted.flatMap((taskId) => ready.get(toHex(taskId)) ?? []).slice(0, limits.maxAuditItems);
}

function reveals({ refused }: AuditState, { duties }: Owed): Uint8Array[] {
  const wanted = of(duties, 'reveal').filter((taskId) => !refused.has(refusalKey('reveal', taskId)));
  return wanted.slice(0, limits.maxAuditItems);
}

const of = (duties: readonly AuditDuty[], wanted: Step): Uint8Array[] =>
  duties.filter(({ step }) => step === wanted).map(({ taskId }) => taskId);

const refusalKey = (step: Step, taskId: Uint8Array) => `${step}/${toHex(taskId)}`;

function without<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return new Set([...set].filter((each) => each !== item));
}
