import { limits } from '@assay/protocol';
import { z } from 'zod';
import { devnetParams } from '../../devnet/genesis.ts';
import { presetParams } from '../../presets/presets.ts';
import { defineCommand } from '../command.ts';
import { decimalNumber, wholeNumber } from '../inputs.ts';
import { committeeErrors, justiceErrors, justiceTargets, maxMean, smallestRule } from '../params/justice.ts';
import { table } from '../table.ts';

const rule = z.object({ lambda: z.number(), tau: z.number(), alpha: z.int(), f: z.number() });
const errors = z.object({ escapes: z.number(), honestPunished: z.number() });
/** The rule of the preset `performance`. */
const { alpha, lambdaMilli } = presetParams('performance', devnetParams).challenges;
const lambda = lambdaMilli / 1000;
/** Rows of the table: so many values of α below the one asked about, and as many from it on. */
const rowsAround = 5;

export const paramsJusticeCommand = defineCommand({
  name: 'params justice',
  summary: 'How often a cheat escapes and an honest miner is punished, by the rule of challenges.',
  arguments: [],
  options: [
    { syntax: '--lambda <MEAN>', description: `λ, challenges per epoch on average (default ${lambda})` },
    { syntax: '--tau <CHANCE>', description: 'τ, how often a cheat passes a challenge (default 0.1)' },
    { syntax: '--alpha <N>', description: `α, failures that bring the penalty (default ${alpha})` },
    { syntax: '--f <CHANCE>', description: 'f, how often an honest miner fails a challenge (default 0.01)' },
  ],
  input: z.object({
    lambda: decimalNumber('--lambda', { min: 0, max: Math.floor(maxMean / limits.measurers) }).default(lambda),
    tau: decimalNumber('--tau', { min: 0, max: 1 }).default(0.1),
    alpha: wholeNumber('--alpha', { min: 1, max: 1000 }).default(alpha),
    f: decimalNumber('--f', { min: 0, max: 1 }).default(0.01),
  }),
  output: z.object({
    ...{ rule, errors, targets: errors },
    /** Both errors when the failures of all mixers count together, as in the ledger (§8.5). */
    committee: errors,
    /** Both errors for values of α about the one asked for. */
    curves: z.array(errors.extend({ alpha: z.int() })),
    /** The smallest rule that meets the targets; null when none does. */
    smallest: z.object({ rule, errors }).nullable(),
  }),
  run: async ({ input }) => {
    const first = Math.max(1, input.alpha - rowsAround);
    const alphas = Array.from({ length: 2 * rowsAround }, (_, i) => first + i);
    const found = smallestRule(input);
    return {
      rule: input,
      errors: justiceErrors(input),
      committee: committeeErrors(input),
      targets: justiceTargets,
      curves: alphas.map((alpha) => ({ alpha, ...justiceErrors({ ...input, alpha }) })),
      smallest: found === null ? null : { rule: found, errors: justiceErrors(found) },
    };
  },
  print: ({ rule: asked, errors: both, committee, targets, curves, smallest }) => [
    `With λ = ${asked.lambda}, τ = ${asked.tau}, α = ${asked.alpha}, f = ${asked.f}, of one mixer in one epoch:`,
    `  P(escape)          ${chance(both.escapes)}   a cheat stays below ${asked.alpha} failures`,
    `  P(honest punished) ${chance(both.honestPunished)}   an honest miner reaches them`,
    `With all mixers, three times λ: ${chance(committee.escapes)} and ${chance(committee.honestPunished)}`,
    '',
    ...table(
      ['α', 'P(escape)', 'P(honest punished)'],
      curves.map((row) => [String(row.alpha), chance(row.escapes), chance(row.honestPunished)]),
    ),
    '',
    smallest === null
      ? `No rule reaches escape ≤ ${targets.escapes} and honest ≤ ${targets.honestPunished} with this τ and f.`
      : `The smallest rule with escape ≤ ${targets.escapes} and honest ≤ ${targets.honestPunished}: ` +
        `λ = ${smallest.rule.lambda}, α = ${smallest.rule.alpha} ` +
        `(${chance(smallest.errors.escapes)} and ${chance(smallest.errors.honestPunished)}).`,
  ],
});

/** Four decimals, or powers of ten where these would show nothing. */
function chance(value: number): string {
  return value === 0 || value >= 0.001 ? value.toFixed(4) : value.toExponential(1);
}
