import { formatUnits as units } from '@assay/client';
import { type LedgerEvent, type Ref, ref } from '@assay/protocol';
import { z } from 'zod';
import { type Explanation, explanationOf, type Step } from './explanation.ts';
import { ratio } from './ratio.ts';
import { Refusal } from './refusal.ts';
import { type History, replayBlocks, startUpTo } from './replay-blocks.ts';

export const PowerExplanation = explanationOf(
  z.object({
    validator: z.int(),
    /** The epoch whose end set the power, and its block. */
    epoch: z.int(),
    height: z.int(),
    stakeUnits: z.string(),
    work: z.string(),
    fromPpb: z.int(),
    targetPpb: z.int(),
    powerPpb: z.int(),
  }),
);
type PowerResult = z.infer<typeof PowerExplanation>['result'];
type PowersSet = Extract<LedgerEvent, { type: 'powersSet' }>;

/** What a validator weighs in consensus now, and why: its stake and work among those of all (economics §8). */
export async function explainPower(
  history: History,
  validator: Ref<'validators'>,
  options: { readonly fast: boolean },
): Promise<Explanation<PowerResult>> {
  const { set, height, startHeight } = await lastSetting(history, options);
  const power = set.powers[validator];
  if (power === undefined) {
    const count = set.powers.length;
    throw new Refusal(
      'notFound',
      `There is no ${ref('validators').describe(validator)}: ${history.source} has ${count}, from 0 on.`,
    );
  }
  const { stakeUnits, work, fromPpb, targetPpb, powerPpb } = power;
  const moved = powerPpb === targetPpb ? '' : `, on its way to ${ratio(targetPpb)}`;
  return {
    question: `Why does validator ${validator} have the power ${ratio(powerPpb)}?`,
    answer: `Validator ${validator} holds ${ratio(powerPpb)} of all power since block ${height}${moved}.`,
    result: {
      validator,
      epoch: set.epoch,
      height,
      fromPpb,
      targetPpb,
      powerPpb,
      stakeUnits: String(stakeUnits),
      work: String(work),
    },
    steps: [inputStep(set, height), powersStep(set)],
    startHeight,
  };
}

async function lastSetting(history: History, options: { readonly fast: boolean }) {
  const { epochBlocks } = history.genesis.params;
  // An epoch's settlement may still go on: then the one before set them.
  for (let epoch = Math.floor((history.height + 1) / epochBlocks); epoch > 0; epoch--) {
    const last = await lastAfter(history, epoch * epochBlocks - 2, options);
    if (last !== null) return last;
  }
  throw new Refusal('notFound', `No epoch of ${history.source} is closed yet: powers are as the genesis has them.`);
}

async function lastAfter(history: History, upTo: number, options: { readonly fast: boolean }) {
  const start = await startUpTo(history, upTo);
  const startHeight = start.ledger.state.globals.height;
  let last: { readonly set: PowersSet; readonly height: number; readonly startHeight: number } | null = null;
  for await (const { height, result } of replayBlocks(history, { ...options, start })) {
    for (const event of result.events) if (event.type === 'powersSet') last = { set: event, height, startHeight };
  }
  return last;
}

function inputStep({ epoch, powerWorkPpb, powers }: PowersSet, height: number): Step {
  const source = `end of epoch ${epoch} in block ${height}`;
  const stakeUnits = powers.reduce((sum, power) => sum + power.stakeUnits, 0n);
  const work = powers.reduce((sum, power) => sum + power.work, 0n);
  return {
    title: 'What powers follow from: (1 − ω) · stake / Σ stake + ω · work / Σ work',
    clause: 'economics §8.1',
    facts: [
      { name: 'ω', value: ratio(powerWorkPpb), source: 'params.powerWorkPpb' },
      { name: 'Σ stake', value: units(stakeUnits), source },
      { name: 'Σ work', value: String(work), source: 'VWU of the last eight epochs' },
    ],
    table: null,
  };
}

function powersStep({ powers }: PowersSet): Step {
  return {
    title:
      'The powers: above a fifth goes to the others where six or more hold any; less than a third moves in an epoch',
    clause: 'economics §8.1, economics §8.2',
    facts: [],
    table: {
      head: ['validator', 'stake', 'work', 'before', 'target', 'power'],
      rows: powers.map(({ stakeUnits, work, fromPpb, targetPpb, powerPpb }, validator) => [
        ...[String(validator), units(stakeUnits), String(work)],
        ...[ratio(fromPpb), ratio(targetPpb), ratio(powerPpb)],
      ]),
    },
  };
}
