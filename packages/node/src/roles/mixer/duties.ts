import { type LedgerView, measurersOf } from '@assay/ledger';
import { concatBytes, firstUint64, roleStatuses, sha256 } from '@assay/protocol';

const WHEN = new TextEncoder().encode('when');
/** Miners considered after one block: with the most blocks of an epoch, a million in an epoch. */
const consideredPerBlock = 1024;

/** A miner that a mixer is to measure in an epoch. */
export interface Duty {
  readonly miner: number;
  readonly epoch: number;
  /** The mixer's signature over {epoch, miner} (§8.1). */
  readonly reveal: Uint8Array;
  /** Place in the epoch of the block after which it is due (§15.4). */
  readonly due: number;
}

/** Whom a mixer has yet to measure in an epoch. */
export interface Agenda {
  readonly epoch: number;
  /** Miners below it have been considered. */
  readonly considered: number;
  readonly duties: readonly Duty[];
}

export const noAgenda: Agenda = { epoch: -1, considered: 0, duties: [] };

/** What of its agenda a mixer takes up now. */
export interface Planned {
  readonly agenda: Agenda;
  readonly due: readonly Duty[];
  /** What is measured from now on comes too late for a certificate (§15.4). */
  readonly isTooLate: boolean;
}

export interface Planner {
  readonly mixer: number;
  /** Its reveal for a miner. */
  reveal(turn: { epoch: number; miner: number }): Uint8Array;
  /** Whether its report waits for a certificate, over restarts too. */
  hasReported(duty: Pick<Duty, 'miner' | 'reveal'>): boolean;
  /** Whether nobody's task is at the miner. */
  isIdle(miner: number): boolean;
}

/** Blocks of the present epoch, the next one not counted. */
function placeInEpoch({ globals, params }: LedgerView): number {
  return globals.height + 1 - globals.epoch * params.epochBlocks;
}

/** The time of a measurement: early enough for its certificate, and no miner can foresee it (§15.4). */
function dueOf(reveal: Uint8Array, epochBlocks: number): number {
  const lots = Math.max(Math.floor((epochBlocks * 3) / 4), 1);
  return Number(firstUint64(sha256(concatBytes([reveal, WHEN]))) % BigInt(lots));
}

/** What is due after a block; who is busy waits for a later one. */
export function plan(before: Agenda, state: LedgerView, planner: Planner): Planned {
  const { epoch } = state.globals;
  const begun = before.epoch === epoch ? before : { epoch, considered: 0, duties: [] };
  const until = Math.min(begun.considered + consideredPerBlock, state.miners.length);
  const duties = [...begun.duties];
  for (let miner = begun.considered; miner < until; miner++) {
    if (!owes(state, miner, planner.mixer)) continue;
    const reveal = planner.reveal({ epoch, miner });
    if (planner.hasReported({ miner, reveal })) continue;
    duties.push({ miner, epoch, reveal, due: dueOf(reveal, state.params.epochBlocks) });
  }
  const place = placeInEpoch(state);
  const isTooLate = place >= Math.floor((state.params.epochBlocks * 7) / 8);
  if (isTooLate) return { agenda: { epoch, considered: until, duties: [] }, due: [], isTooLate };
  const isDue = ({ due, miner }: Duty) => due <= place && planner.isIdle(miner);
  const due = duties.filter(isDue);
  const later = duties.filter((duty) => !due.includes(duty));
  return { agenda: { epoch, considered: until, duties: later }, due, isTooLate };
}

/** §8.1 An active miner that the mixer was drawn to measure, and of which the chain has no report yet. */
function owes(state: LedgerView, miner: number, mixer: number): boolean {
  if (state.miners.at(miner).status !== roleStatuses.active) return false;
  const row = state.measures.of(miner);
  if (row?.epoch === state.globals.epoch && row.reports.some((report) => report.mixer === mixer)) return false;
  return measurersOf(state, miner).some((seat) => seat.mixer === mixer);
}
