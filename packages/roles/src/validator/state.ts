import type { AuditDuty } from '@assay/ledger';
import { type Commitment, limits } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { feasibleDuties, type Pace } from './schedule.ts';

type Step = AuditDuty['step'];

/** Where a validator is with the audits it owes; tasks are named by their ids in hexadecimal. */
export interface AuditState {
  /** Measured, and not yet in a block. */
  readonly ready: ReadonlyMap<string, Commitment>;
  readonly measuring: ReadonlySet<string>;
  /** What failed since the last block, or was refused by step and task: not to be tried again before the next. */
  readonly failed: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
  readonly sending: ReadonlySet<Step>;
}

export const noAudits: AuditState = {
  ready: new Map(),
  measuring: new Set(),
  failed: new Set(),
  refused: new Set(),
  sending: new Set(),
};

export type AuditEvent =
  /** What is not owed any more is let go. */
  | { readonly type: 'block' }
  /** The commitment is null where nothing could be measured. */
  | { readonly type: 'measured'; readonly taskId: Uint8Array; readonly commitment: Uint8Array | null }
  /** A list is in a block, or was refused: whole, or these tasks of it. */
  | { readonly type: 'sent'; readonly step: Step; readonly refused: readonly Uint8Array[] };

export type AuditEffect =
  | { readonly type: 'measure'; readonly taskId: Uint8Array }
  | { readonly type: 'commit'; readonly items: Commitment[] }
  | { readonly type: 'reveal'; readonly taskIds: readonly Uint8Array[] };

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
  const effects: AuditEffect[] = measure.map((taskId) => ({ type: 'measure', taskId }));
  if (commit.length > 0) effects.push({ type: 'commit', items: commit });
  if (reveal.length > 0) effects.push({ type: 'reveal', taskIds: reveal });
  const measuring = new Set([...state.measuring, ...measure.map(toHex)]);
  const sent = effects.flatMap(({ type }) => (type === 'measure' ? [] : [type]));
  return { state: { ...state, measuring, sending: new Set([...state.sending, ...sent]) }, effects };
}

function after(state: AuditState, event: AuditEvent, { duties }: Owed): AuditState {
  switch (event.type) {
    case 'block': {
      const owed = new Set(of(duties, 'commit').map(toHex));
      const ready = new Map([...state.ready].filter(([id]) => owed.has(id)));
      return { ...state, ready, failed: new Set(), refused: new Set() };
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

function toMeasure({ ready, measuring, failed }: AuditState, { duties, pace }: Owed): Uint8Array[] {
  const open = duties.filter(({ step, taskId }) => step === 'commit' && !ready.has(toHex(taskId)));
  const free = Math.max(0, lanes - measuring.size);
  const isNew = (taskId: Uint8Array) => !measuring.has(toHex(taskId)) && !failed.has(toHex(taskId));
  return feasibleDuties(open, { ...pace, lanes })
    .map(({ taskId }) => taskId)
    .filter(isNew)
    .slice(0, free);
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
