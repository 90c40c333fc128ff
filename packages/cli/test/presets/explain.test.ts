import { explainPayout } from '@assay/explain/payout';
import { explainSelection } from '@assay/explain/selection';
import { explainSlash } from '@assay/explain/slash';
import { type Sender, softFailure } from '@assay/ledger/fixture';
import { presetNames } from '@assay/node/presets/presets';
import type { EpochClose } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { Village } from './village.fixture.ts';

const fast = { fast: true } as const;
const member: Sender = 'stranger9';

/** Two miners answer a task for 100 base units as they should and one cheats; then the foundation takes its fine. */
function villageWithCheat(preset: string) {
  const some = new Village(preset);
  const made = new Village(preset, {
    edit: (genesis) => {
      const cases = { ...genesis.params.cases, foundation: [some.address(member)] };
      return { ...genesis, params: { ...genesis.params, cases } };
    },
  });
  made.settle(3, () => ({ collateralUnits: 90_000n }));
  made.block(made.tx('payer', 'transfer', { to: made.address(member), amountUnits: 10_000n }));
  const receipt = made.receipt({ miner: 0 });
  made.work([receipt, { miner: 1 }]);
  made.work([{ miner: 2 }], softFailure);
  if (made.send(member, 'decideCase', { case: 0, isFine: true }) !== 'OK') throw new Error('there is no case');
  made.finishPeriod();
  return { made, receipt };
}

const closes = (made: Village): EpochClose[] =>
  made.events.flatMap((event) => (event.type === 'epochClosed' ? [event.close] : []));

/** Checks the explanation of everything an account was paid, and adds up what of it was revenue. */
async function explainedRevenue(made: Village, account: Uint8Array): Promise<bigint> {
  let revenueUnits = 0n;
  for (const { epoch, payouts } of closes(made).filter((close) => close.payouts.length > 0)) {
    const { result } = await explainPayout(made.history, { account, epoch }, fast);
    const own = payouts.filter((payout) => equalBytes(payout.account, account));
    expect(result.totalUnits).toBe(String(own.reduce((sum, { units }) => sum + units, 0n)));
    for (const { source, units, recomputedUnits } of result.payouts) {
      expect(recomputedUnits).toBe(units);
      if (source === 'revenue') revenueUnits += BigInt(units);
    }
  }
  return revenueUnits;
}

describe.each(presetNames)('under the preset %s', (preset) => {
  const { made, receipt } = villageWithCheat(preset);

  it('explain payout adds up to what each was paid', async () => {
    const people = ['stranger0', 'stranger2', 'owner', 'creator', 'gateway0', 'mixer0', 'validator1'] as const;
    const revenue = new Map<Sender, bigint>();
    for (const name of people) revenue.set(name, await explainedRevenue(made, made.address(name)));
    await explainedRevenue(made, new Uint8Array(20));
    // Of 100 go 5 + 3 + 5 + 2 to others, 10 to the creator, and of the rest half to the operator; of two tasks.
    const expected: [Sender, bigint][] = [
      ['stranger0', 38n],
      ['creator', 20n],
      ['gateway0', 6n],
      ['stranger2', 0n],
    ];
    for (const [name, units] of expected) expect(revenue.get(name)).toBe(units);
  });

  it('explain selection draws from the weights of new miners', async () => {
    const { result, steps } = await explainSelection(made.history, receipt.taskId, fast);
    expect(result.eligible).toEqual([0, 1, 2]);
    expect(result.draw.map(({ miner }) => miner).toSorted()).toEqual([0, 1, 2]);
    // The floor of trust, 0.1, times the root of four places.
    expect(result.draw.map(({ weight }) => weight)).toEqual(['200000000000', '200000000000', '200000000000']);
    expect(steps.length).toBe(5);
  });

  it('explain slash follows a cheat to the last base unit', async () => {
    const { result } = await explainSlash(made.history, 0, fast);
    // 100 · 0.6 · 1.5 ÷ (0.02 · 0.95) = 4,736.8; a fifth of it to the finders.
    expect(result).toMatchObject({
      against: 'miner 2',
      cause: 'softFailure',
      status: 'executed',
      stakeUnits: '90000',
      takenUnits: '0',
      proposedUnits: '4736',
      heldUnits: '4736',
      recomputedProposedUnits: '4736',
      recomputedHeldUnits: '4736',
    });
    const rewards = result.rewards.map(({ units }) => BigInt(units));
    expect(rewards.reduce((sum, units) => sum + units, 0n)).toBe(947n);
    expect(result.burnedUnits).toBe('3789');
    expect(made.state.miners.at(2).collateralUnits).toBe(90_000n - 4736n);
  });
});

describe('a worker of the competition in its first week', () => {
  const made = new Village('competition');
  made.settle(2);
  made.work([{ miner: 0 }]);
  const { epoch } = made.finishPeriod();
  const stepsOf = async (name: Sender) =>
    (await explainPayout(made.history, { account: made.address(name), epoch }, fast)).steps;

  it('is told that it is in its test, and until when (E9)', async () => {
    const source = 'it registered in period 0, and params.rewards.testPeriods is 7';
    expect((await stepsOf('stranger0')).at(-1)).toMatchObject({
      title: 'Miners of this account that were not in the competition of reward period 0',
      facts: [{ name: 'miner 0', value: 'in its test until period 7', source }],
    });
  });

  it('leaves guardians paid by their stake alone', async () => {
    const facts = (await stepsOf('validator1')).flatMap((step) => step.facts);
    expect(facts).toContainEqual(expect.objectContaining({ name: 'share of validator 1', source: 'by weight: stake' }));
  });
});

describe('a miner of the default network (economics §7.1)', () => {
  const made = new Village('assay');
  made.settle(2);
  made.measure({ hashRate: 5n, latencyMs: 100 }, [0]);
  made.measure({ latencyMs: 100 }, [1]);
  const { epoch } = made.finishPeriod();
  const stepsOf = async (name: Sender) =>
    (await explainPayout(made.history, { account: made.address(name), epoch }, fast)).steps;

  it('that answered challenges right is shown the product', async () => {
    const step = (await stepsOf('stranger0')).find(({ clause }) => clause === 'economics §7.1, economics §7.1.2');
    expect(step?.table?.rows.map((row) => row.slice(0, 5))).toEqual([['0', '3', '0', '1', '5']]);
    expect(step?.facts).toContainEqual(
      expect.objectContaining({ name: 'challenges that miner 0 answered right', value: '3' }),
    );
  });

  it('that answered none is told so, and that capacity is a product', async () => {
    expect((await stepsOf('stranger1')).at(-1)).toMatchObject({
      title: 'Miners of this account without capacity in reward period 0',
      facts: [
        { name: 'miner 1', value: 'nothing of it was verified' },
        { name: 'challenges that miner 1 answered right', value: '0' },
        { name: 'those it did not', value: '0' },
      ],
    });
  });
});
