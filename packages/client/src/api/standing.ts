import { z } from 'zod';
import { address, bytes32, count, ppb, units } from './scalars.ts';

const powerChange = z.object({ stakeUnits: units, work: units, fromPpb: ppb, targetPpb: ppb, powerPpb: ppb });

/** What a role or a miner is; `deregistered` and `ejected` are for ever, `held` until a case is decided. */
export const roleStatus = z.enum(['active', 'paused', 'deregistered', 'ejected', 'banned', 'held']);
/** Where stake stands. */
const stakeKind = z.enum(['miner', 'mixer', 'oracle', 'validator', 'gateway', 'delegation', 'backing']);

const verdict = z.enum(['pass', 'soft', 'hard', 'noResult', 'hung']);

/** What one mixer found of a miner in an epoch; zero is not measured. */
const report = {
  mixer: count,
  /** Challenges that it owed, and those whose answers it disputes. */
  owed: count,
  disputed: count,
  /** Output tokens of right answers per 1,000 s, and bytes per second. */
  hashRate: units,
  bandwidth: units,
  latencyMs: count,
};
/** What challenges measured of a miner: medians over mixers, then over epochs; null is not measured. */
export const measured = z.object({
  hashRate: units.nullable(),
  bandwidth: units.nullable(),
  latencyMs: count.nullable(),
  /** The last epoch it was measured in, and the reports of that one. */
  epoch: count.nullable(),
  /** Challenges that auditors found failed in it. */
  failed: count,
  reports: z.array(z.object(report)),
});

/** Events of roles that come and go, of miners' levels and validators' powers; of the validators all, in order. */
export const standingEvents = [
  z.object({ type: z.literal('minerRegistered'), miner: count, operator: address }),
  z.object({ type: z.literal('roleRegistered'), kind: stakeKind, role: count, account: address }),
  z.object({ type: z.literal('roleStatusSet'), kind: stakeKind, role: count, status: roleStatus }),
  z.object({ type: z.literal('unbonded'), account: address, kind: stakeKind, role: count, units }),
  z.object({ type: z.literal('keyRotated'), kind: stakeKind, role: count, fromEpoch: count }),
  z.object({ type: z.literal('committeeKeyRotated'), mixer: count, fromEpoch: count }),
  z.object({ type: z.literal('minerUpdated'), miner: count, fromEpoch: count }),
  z.object({ type: z.literal('committeeChosen'), fromEpoch: count, mixers: z.array(count) }),
  z.object({ type: z.literal('levelChanged'), miner: count, from: count, to: count }),
  z.object({ type: z.literal('roleAbsent'), kind: z.enum(['mixer', 'oracle']), role: count }),
  z.object({
    type: z.literal('minerHeld'),
    miner: count,
    case: count,
    cusumMilli: count,
    hardFailures: count,
    isFrozen: z.boolean(),
  }),
  z.object({ type: z.literal('minerCleared'), miner: count }),
  z.object({
    type: z.literal('minerEjected'),
    miner: count,
    cusumMilli: count,
    hardFailures: count,
    returnedUnits: units,
  }),
  z.object({ type: z.literal('minerMeasured'), miner: count, ...report }),
  z.object({
    type: z.literal('challengeDisputed'),
    taskId: bytes32,
    miner: count,
    mixer: count,
    /** Task of the answer that it contradicts. */
    knownTaskId: bytes32,
  }),
  z.object({ type: z.literal('challengeJudged'), taskId: bytes32, miner: count, mixer: count, verdict }),
  z.object({ type: z.literal('plantOpened'), taskId: bytes32, miner: count }),
  z.object({ type: z.literal('auditReopened'), taskId: bytes32, challengeTaskId: bytes32 }),
  z.object({ type: z.literal('taskReaudited'), taskId: bytes32, verdict }),
  z.object({ type: z.literal('challengesFailed'), miner: count, failed: count }),
  z.object({ type: z.literal('scoreWeak'), miner: count, periods: count, finalPpb: units, meanPpb: units }),
  z.object({ type: z.literal('minerRemoved'), miner: count, weakPeriods: count }),
  z.object({ type: z.literal('powersSet'), epoch: count, powerWorkPpb: ppb, powers: z.array(powerChange) }),
] as const;
