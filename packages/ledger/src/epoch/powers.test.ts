import type { Genesis } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { impartialWeights } from '../draw/impartial.ts';
import { WeightedRow } from '../draw/weighted.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { validatorTerms } from '../testing/roles.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';

/** Miner 0 does one task of 70 VWU; gives who audited it. */
function work(world: World): number[] {
  const receipt = world.receipt();
  world.certify(receipt);
  auditAll(world, receipt.taskId, honest);
  return world.auditorsOf(receipt.taskId);
}

describe('validator powers (economics §8)', () => {
  it('begin with the stakes of the genesis', () => {
    const world = new World();
    expect([...world.state.powers].map((row) => row.powerPpb)).toEqual(Array(4).fill(250_000_000));
  });

  it('count the work of the miners of a validator, and its own audits', () => {
    const world = new World().populate();
    expect(world.send('minerA', 'assignWork', { miner: 0, validator: 2 })).toBe('OK');
    const auditors = work(world);
    const expected = [0n, 0n, 0n, 0n];
    for (const each of [2, ...auditors]) expected[each] = (expected[each] ?? 0n) + 70n;
    expect([...world.state.powers].map((row) => row.epochWork)).toEqual(expected);
    const set = world.finishEpoch().events.find((event) => event.type === 'powersSet');
    expect(set?.powers.map((power) => power.work)).toEqual(expected);
    for (const [index, power] of (set?.powers ?? []).entries()) {
      // ⅔ by stake, a quarter each; ⅓ by work, of 210 in all.
      const byWork = (333_333_333n * (expected[index] ?? 0n)) / 210n;
      const difference = BigInt(power.targetPpb) - (666_666_667n / 4n + byWork);
      expect(difference * difference).toBeLessThanOrEqual(4n);
      expect(power).toMatchObject({ stakeUnits: 500n, fromPpb: 250_000_000, powerPpb: power.targetPpb });
    }
  });

  it('forget work after eight epochs', () => {
    const world = new World().populate();
    const [auditor = 9] = work(world);
    for (let epoch = 0; epoch < 8; epoch++) {
      const set = world.finishEpoch().events.find((event) => event.type === 'powersSet');
      expect(set?.powers[auditor]?.work).toBe(70n);
    }
    world.finishEpoch();
    expect(world.state.powers.at(auditor)).toMatchObject({ powerPpb: 250_000_000, epochWork: 0n });
  });

  it('draw auditors and panels (economics §8.6)', () => {
    const stakes = [540n, 460n, 1000n];
    const edit = (genesis: Genesis) => ({
      ...genesis,
      validators: genesis.validators.map((row, i) => ({ ...row, stakeUnits: stakes[i] ?? 0n })),
    });
    const world = new World({ validators: 3, params: { powerWorkPpb: 500_000_000 }, edit }).populate();
    const weights = () => impartialWeights(world.state, [], []);
    expect(weights()).toEqual([270_000_000n, 230_000_000n, 500_000_000n]);
    const drawn = [0, 0, 0];
    for (let draw = 0; draw < 10_000; draw++) {
      const [first] = new WeightedRow(weights()).sample(sha256(littleEndian(draw, 4)), 1);
      drawn[first?.index ?? 0] = (drawn[first?.index ?? 0] ?? 0) + 1;
    }
    for (const [validator, count] of drawn.entries()) {
      expect(Math.abs(count / 10_000 - Number(weights()[validator]) / 1e9)).toBeLessThan(0.01);
    }
    world.block(world.tx('minerA', 'assignWork', { miner: 0, validator: 0 }));
    work(world);
    world.finishEpoch();
    const powers = [...world.state.powers].map(({ powerPpb }) => BigInt(powerPpb));
    expect(weights()).toEqual(powers);
    // It has 27 % of the stake and at least a third of the work.
    expect(powers[0]).toBeGreaterThan(300_000_000n);
    // Stake that has no power yet decides only where nobody else may.
    world.block(world.tx('payer', 'registerValidator', validatorTerms(world)));
    expect(weights()).toEqual([...powers, 1n]);
  });

  it('do not count work that was rejected', () => {
    const world = new World().populate();
    world.block(world.tx('minerA', 'assignWork', { miner: 0, validator: 2 }));
    const receipt = world.receipt();
    world.certify(receipt);
    expect(world.state.powers.at(2).epochWork).toBe(0n);
  });
});
