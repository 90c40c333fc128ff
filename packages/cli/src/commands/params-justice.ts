import { table } from '@assay/explain/table';
import { SECOND_AUDITOR_PPB } from '@assay/ledger';
import { devnetParams } from '@assay/node/devnet/genesis';
import { presetParams } from '@assay/node/presets/presets';
import { limits } from '@assay/protocol';
import { committeeErrors, justiceErrors, justiceTargets, maxMean, smallestRule } from '@assay/sim/justice/escape';
import { collusionPower, mixed, oldRule, ruleOf } from '@assay/sim/justice/verdicts';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { decimalNumber, wholeNumber } from '../inputs.ts';

const rule = z.object({ lambda: z.number(), tau: z.number(), alpha: z.int(), f: z.number() });
const power = z.object({
  cheatAcquitted: z.number(),
  cheatHung: z.number(),
  innocentConvicted: z.number(),
  innocentHung: z.number(),
});
const errors = z.object({ escapes: z.number(), honestPunished: z.number() });
/** The rule of the preset `performance`. */
const { alpha, lambdaMilli } = presetParams('performance', devnetParams).challenges;
const lambda = lambdaMilli / 1000;
/** Rows of the table: so many values of α below the one asked about, and as many from it on. */
const rowsAround = 5;

export const paramsJusticeCommand = defineCommand({
  name: 'params justice',
  summary: 'How often a cheat escapes and an honest miner is punished, by challenges and by audits.',
  arguments: [],
  options: [
    { syntax: '--lambda <MEAN>', description: `λ, challenges per epoch on average (default ${lambda})` },
    { syntax: '--tau <CHANCE>', description: 'τ, how often a cheat passes a challenge (default 0.1)' },
    { syntax: '--alpha <N>', description: `α, failures that bring the penalty (default ${alpha})` },
    { syntax: '--f <CHANCE>', description: 'f, how often an honest miner fails a challenge (default 0.01)' },
    { syntax: '--colluding <PART>', description: 'part of the validators’ stake that colludes (default a third)' },
  ],
  input: z.object({
    lambda: decimalNumber('--lambda', { min: 0, max: Math.floor(maxMean / limits.measurers) }).default(lambda),
    tau: decimalNumber('--tau', { min: 0, max: 1 }).default(0.1),
    alpha: wholeNumber('--alpha', { min: 1, max: 1000 }).default(alpha),
    f: decimalNumber('--f', { min: 0, max: 1 }).default(0.01),
    colluding: decimalNumber('--colluding', { min: 0, max: 1 }).default(1 / 3),
  }),
  output: z.object({
    rule,
    errors,
    targets: errors,
    /** Both errors when the failures of all mixers count together, as in the ledger (§8.5). */
    committee: errors,
    /** Both errors for values of α about the one asked for. */
    curves: z.array(errors.extend({ alpha: z.int() })),
    /** The smallest rule that meets the targets; null when none does. */
    smallest: z.object({ rule, errors }).nullable(),
    /** What colluding validators bring about in one audit (verification §5.2), before and by the rules of §10.4. */
    verdicts: z.object({ colluding: z.number(), rules: z.array(power.extend({ rule: z.string() })) }),
  }),
  run: async ({ input: { colluding, ...input } }) => {
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
      verdicts: { colluding, rules: powersOf(colluding) },
    };
  },
  print: ({ rule: asked, errors: both, committee, targets, curves, smallest, verdicts }) => [
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
    '',
    `With ${chance(verdicts.colluding)} of the validators' stake colluding, in one audit (verification §5.2):`,
    ...table(
      ['rule', 'cheat acquitted', 'cheat hung', 'innocent convicted', 'innocent hung'],
      verdicts.rules.map(({ rule: name, ...powers }) => [name, ...Object.values(powers).map(chance)]),
    ),
    'Hung: the auditors did not agree, the payer has the price back, nobody is judged.',
  ],
});

function powersOf(colluding: number) {
  const [one, two] = [collusionPower(ruleOf(1), colluding), collusionPower(ruleOf(2), colluding)];
  return [
    { rule: 'before: one pass approves, one denial acquits', ...collusionPower(oldRule, colluding) },
    { rule: 'two auditors first: young and doubted miners', ...two },
    { rule: 'one auditor first', ...one },
    { rule: 'one in eight with two: all other miners', ...mixed(one, two, SECOND_AUDITOR_PPB / 1e9) },
  ];
}

/** Four decimals, or powers of ten where these would show nothing. */
function chance(value: number): string {
  return value === 0 || value >= 0.001 ? value.toFixed(4) : value.toExponential(1);
}
