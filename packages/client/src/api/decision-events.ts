import { z } from 'zod';
import { address, bytes32, count, units } from './scalars.ts';

const decidedBy = z.enum(['foundation', 'time']);

/** Events of cases and proposals: what people decide about. */
export const decisionEvents = [
  z.object({
    type: z.literal('caseOpened'),
    case: count,
    cause: z.enum([
      'softFailure',
      'hardFailure',
      'equivocation',
      'invalidItem',
      'byHand',
      'forfeit',
      'ejection',
      'falseVerdict',
    ]),
    kind: z.enum(['miner', 'mixer', 'oracle', 'validator', 'gateway', 'delegation', 'backing']),
    role: count,
    subject: bytes32,
    priceUnits: units.nullable(),
    proposedUnits: units,
    stakeUnits: units,
    leavingUnits: units,
    takenUnits: units,
    heldUnits: units,
  }),
  z.object({
    type: z.literal('rewardsHeld'),
    case: count,
    miner: count,
    revenueUnits: units,
    emissionUnits: units,
  }),
  z.object({ type: z.literal('caseOpinion'), case: count, member: address, isFine: z.boolean() }),
  z.object({ type: z.literal('caseAppealed'), case: count, bondUnits: units }),
  z.object({
    type: z.literal('caseExecuted'),
    case: count,
    by: decidedBy,
    fineUnits: units,
    rewards: z.array(z.object({ account: address, units })),
    burnedUnits: units,
  }),
  z.object({ type: z.literal('caseDismissed'), case: count, by: decidedBy, returnedUnits: units }),
  z.object({
    type: z.literal('penaltiesFrozen'),
    shared: z.enum(['model', 'payer', 'flaw']),
    model: count.nullable(),
    failing: count,
    miners: count,
    cases: z.array(count),
  }),
  z.object({ type: z.literal('proposed'), proposal: count, proposer: address }),
  z.object({ type: z.literal('voted'), proposal: count, voter: address, choice: count }),
  z.object({
    type: z.literal('votingEnded'),
    proposal: count,
    outcome: z.enum(['passed', 'rejected', 'noQuorum', 'vetoed']),
    count: z.object({ yesUnits: units, noUnits: units, abstainUnits: units, vetoUnits: units, totalUnits: units }),
    burnedUnits: units,
  }),
  z.object({ type: z.literal('proposalExecuted'), proposal: count }),
  z.object({ type: z.literal('proposalFailed'), proposal: count }),
] as const;
