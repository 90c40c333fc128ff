import { limits } from '@assay/protocol';

/** The escape rule (A10): challenges per epoch are Poisson(λ), and α failures bring the penalty. */
export interface JusticeRule {
  /** λ, challenges per epoch on average. */
  readonly lambda: number;
  /** τ, the chance that a cheat passes one challenge. */
  readonly tau: number;
  /** α, failures that bring the penalty. */
  readonly alpha: number;
  /** f, the chance that an honest node fails one challenge. */
  readonly f: number;
}

/** Both errors of the rule, as probabilities for one epoch. */
export interface JusticeErrors {
  readonly escapes: number;
  readonly honestPunished: number;
}

/** What a rule should reach: a cheat escapes and an honest node is punished at most this often. */
export const justiceTargets: JusticeErrors = { escapes: 0.01, honestPunished: 1e-6 };

/** Highest mean the sums below are exact for; e^-mean would vanish beyond. */
export const maxMean = 500;
const highestAlpha = 400;
/** λ is searched for in hundredths. */
const lambdaSteps = 100;

/** P(escape) = P(Poisson(λ(1−τ)) < α) and P(honest punished) = 1 − P(Poisson(λ·f) < α). */
export function justiceErrors({ lambda, tau, alpha, f }: JusticeRule): JusticeErrors {
  return { escapes: poissonBelow(lambda * (1 - tau), alpha), honestPunished: poissonFrom(lambda * f, alpha) };
}

/** Both errors when the failures of all mixers are counted together, as many as three mixers owe (§8.1, §8.5). */
export function committeeErrors(rule: JusticeRule): JusticeErrors {
  return justiceErrors({ ...rule, lambda: rule.lambda * limits.measurers });
}

/**
 * The smallest α, and for it the smallest λ in hundredths, that meet both targets; null when none up to the largest
 * values does. The least λ for the escape target grows with α, so the smallest α also has the smallest λ.
 */
export function smallestRule(
  { tau, f }: Pick<JusticeRule, 'tau' | 'f'>,
  targets: JusticeErrors = justiceTargets,
): JusticeRule | null {
  for (let alpha = 1; alpha <= highestAlpha; alpha++) {
    const lambda = leastLambda({ tau, alpha }, targets.escapes);
    if (lambda === null) return null;
    const rule = { lambda, tau, alpha, f };
    if (justiceErrors(rule).honestPunished <= targets.honestPunished) return rule;
  }
  return null;
}

function leastLambda({ tau, alpha }: Pick<JusticeRule, 'tau' | 'alpha'>, target: number): number | null {
  const isEnough = (steps: number) => poissonBelow((steps / lambdaSteps) * (1 - tau), alpha) <= target;
  let low = 0;
  let high = maxMean * lambdaSteps;
  if (!isEnough(high)) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high / lambdaSteps;
}

/** P(Poisson(mean) < count). */
function poissonBelow(mean: number, count: number): number {
  let term = Math.exp(-mean);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += term;
    term *= mean / (k + 1);
  }
  return Math.min(sum, 1);
}

/** P(Poisson(mean) ≥ count), summed from its own terms: one minus the rest would lose small chances to rounding. */
function poissonFrom(mean: number, count: number): number {
  let term = Math.exp(-mean);
  for (let k = 0; k < count; k++) term *= mean / (k + 1);
  let sum = 0;
  for (let k = count; term > sum * Number.EPSILON || k < mean; k++) {
    sum += term;
    term *= mean / (k + 1);
  }
  return Math.min(sum, 1);
}
