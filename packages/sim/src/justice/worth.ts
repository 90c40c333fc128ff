import { proposedFine } from '@assay/ledger';
import type { Params } from '@assay/protocol';
import type { RandomStream } from '@assay/roles/ports/runtime';
import { type Findings, type Life, liveMiner } from './life.ts';

/** When a miner cheats: after so many honest requests, in this part of them, where it is trusted so far, so often. */
export interface Plan {
  readonly honestFirst: number;
  readonly share: number;
  readonly leastTrustPpb: number;
  readonly most: number;
}

/** What an answer costs its miner and what cheating saves of that, in prices. */
export const costOfAnswer = 0.8;
const savedByCheating = 0.6;

export const plans: readonly Plan[] = [0, 100, 1000].flatMap((honestFirst) =>
  [1, 0.3, 0.1, 0.02].flatMap((share) =>
    [0, 900_000_000].flatMap((leastTrustPpb) =>
      [5, 50, Number.POSITIVE_INFINITY].map((most) => ({ honestFirst, share, leastTrustPpb, most })),
    ),
  ),
);

export interface WorthOptions {
  readonly params: Params;
  readonly t1ThresholdPpb: number;
  readonly findings: Findings;
  readonly requests: number;
  readonly requestsPerEpoch: number;
  /** Lives of each plan. */
  readonly lives: number;
  readonly random: RandomStream;
}

export interface PlanWorth {
  readonly plan: Plan;
  /** More than honest work brings over as many requests, in prices; the mean of all lives, and its standard error. */
  readonly worth: number;
  readonly error: number;
}

/** Lives of the plan that was best, as many times those of each: the best of many is better than it is by chance. */
const again = 20;

/** What the plan brings that was best among all, in lives of its own. */
export function bestPlan(options: WorthOptions): PlanWorth {
  const [best] = plans
    .map((plan) => ({ plan, ...worthOf(plan, options) }))
    .toSorted((a, b) => b.worth - a.worth)
    .map(({ plan }) => plan);
  if (best === undefined) throw new RangeError('there is no plan');
  return { plan: best, ...worthOf(best, { ...options, lives: options.lives * again }) };
}

function worthOf(plan: Plan, { lives, ...options }: WorthOptions): Omit<PlanWorth, 'plan'> {
  const each = Array.from({ length: lives }, () =>
    moreThanHonest(liveMiner({ ...options, cheats: cheatingBy(plan, options.random) }), options),
  );
  const worth = each.reduce((sum, one) => sum + one, 0) / lives;
  const variance = each.reduce((sum, one) => sum + (one - worth) ** 2, 0) / Math.max(1, lives - 1);
  return { worth, error: Math.sqrt(variance / lives) };
}

function cheatingBy({ honestFirst, share, leastTrustPpb, most }: Plan, random: RandomStream) {
  let done = 0;
  return (request: number, trustPpb: number): boolean => {
    const isDue = request >= honestFirst && trustPpb >= leastTrustPpb && done < most;
    const isCheat = isDue && random.int(1_000_000) < share * 1_000_000;
    done += Number(isCheat);
    return isCheat;
  };
}

/**
 * Saved work, less refunds and fines, and once it is held less what honest work would have brought. What ejection takes
 * of the collateral comes on top, and is left out.
 */
function moreThanHonest(life: Life, { params, requests }: Pick<WorthOptions, 'params' | 'requests'>): number {
  const price = 1_000_000_000n;
  const fine = Number(proposedFine(price, params)) / Number(price);
  const caught = life.failed - life.honestFailed;
  const lost = (requests - life.served) * (1 - costOfAnswer);
  return savedByCheating * life.cheated - (1 + fine) * caught - lost;
}
