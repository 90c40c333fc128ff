import { type LedgerView, type MeasuringDuty, measuringOf } from '@assay/ledger';
import type { Ref } from '@assay/protocol';
import { concatBytes, encodeText, firstUint64, littleEndian, sha256 } from '@assay/ssz';
import { isReported } from '../attestations.ts';

const CHALLENGE = encodeText('challenge');
/** §15.4 The name of the link's lots. */
const LINK = encodeText('line');
const REPORT = encodeText('report');
/** Miners considered after one block: with the most blocks of an epoch, a million in an epoch. */
const consideredPerBlock = 1024;
/** What is due begins at a random time in so many blocks: users come at any time, not with the blocks. */
export const spreadBlocks = 4;
/** Blocks between the link's time and that of any challenge, at least; and the times that are tried for it. */
const apartBlocks = spreadBlocks + 2;
const linkTries = 16;

/** One thing a mixer does about a miner for its report of an epoch. */
export interface Duty {
  readonly what: 'link' | 'challenge' | 'report';
  readonly miner: Ref<'miners'>;
  readonly epoch: number;
  /** Height of the block before which it is due (§15.4). */
  readonly due: number;
}

/** What a mixer has yet to do. */
export interface Agenda {
  /** The epoch whose reports are measured for now, and the mixer's signature over it (§8.1). */
  readonly epoch: number;
  readonly reveal: Uint8Array;
  /** Miners below it have been considered. */
  readonly considered: number;
  readonly duties: readonly Duty[];
}

export const noAgenda: Agenda = { epoch: -1, reveal: new Uint8Array(), considered: 0, duties: [] };

/** What of its agenda a mixer takes up now. */
export interface Planned {
  readonly agenda: Agenda;
  readonly due: readonly Duty[];
}

export interface Planner {
  readonly mixer: Ref<'mixers'>;
  reveal(epoch: number): Uint8Array;
  /** Whether its report waits for a certificate, over restarts too. */
  hasReported(report: { miner: Ref<'miners'>; reveal: Uint8Array }): boolean;
}

/**
 * First height at which an epoch's reports are measured for: a quarter of an epoch before it. So something is asked at
 * any time, and the reports are in time for their certificates.
 */
function startOf(epoch: number, epochBlocks: number): number {
  return epoch * epochBlocks - Math.floor(epochBlocks / 4);
}

/** What is due after a block. What should have been done before it was known is left out: no two at once (§15.4). */
export function plan(before: Agenda, state: LedgerView, planner: Planner): Planned {
  const { epochBlocks } = state.params;
  const height = state.globals.height + 1;
  const isEarly = height >= startOf(state.globals.epoch + 1, epochBlocks);
  const epoch = state.globals.epoch + (isEarly ? 1 : 0);
  const begun = before.epoch === epoch ? before : { ...before, epoch, reveal: planner.reveal(epoch), considered: 0 };
  const { reveal } = begun;
  const considered = Math.min(begun.considered + consideredPerBlock, state.miners.length);
  const duties = [...begun.duties];
  for (let miner = begun.considered; miner < considered; miner++) {
    if (isDone(state, { miner, epoch }, planner) || planner.hasReported({ miner, reveal })) continue;
    const owed = measuringOf(state, { mixer: planner.mixer, reveal }, miner);
    const times = timesOf(owed, concatBytes([reveal, littleEndian(miner, 4)]), epochBlocks);
    const start = startOf(epoch, epochBlocks);
    const placed = times.map(({ what, after }) => ({ what, miner, epoch, due: start + after }));
    duties.push(...placed.filter(({ due }) => due >= height));
  }
  const isDue = ({ due }: Duty) => due <= height;
  const later = duties.filter((duty) => !isDue(duty));
  return { agenda: { epoch, reveal, considered, duties: later }, due: duties.filter(isDue) };
}

/**
 * §15.4 Each at a time of its own that no miner can foresee, in blocks after the start; the report follows in the
 * eighth of an epoch after the last of them.
 */
function timesOf(
  { owed, isOfLine }: MeasuringDuty,
  lot: Uint8Array,
  epochBlocks: number,
): readonly (Pick<Duty, 'what'> & { readonly after: number })[] {
  if (owed === 0 && !isOfLine) return [];
  const lotOf = (name: Uint8Array, turn: number, bound: number) =>
    Number(firstUint64(sha256(lot, name, littleEndian(turn, 1))) % BigInt(Math.max(bound, 1)));
  const challenges = Array.from({ length: owed }, (_, turn) => lotOf(CHALLENGE, turn, epochBlocks));
  const times = Array.from({ length: linkTries }, (_, turn) => lotOf(LINK, turn, epochBlocks));
  const link = times.find((after) => challenges.every((other) => Math.abs(after - other) >= apartBlocks));
  return [
    ...challenges.map((after) => ({ what: 'challenge', after }) as const),
    ...(isOfLine && link !== undefined ? [{ what: 'link', after: link } as const] : []),
    { what: 'report', after: epochBlocks + lotOf(REPORT, 0, Math.floor(epochBlocks / 8)) },
  ];
}

/** §8.1 Whether a miner takes no tasks, or the chain has the mixer's report of that epoch already. */
function isDone(state: LedgerView, { miner, epoch }: Pick<Duty, 'miner' | 'epoch'>, { mixer }: Planner): boolean {
  if (state.miners.at(miner).status !== 'active') return true;
  return isReported(state, { mixer, miner, epoch });
}
