import { dryRun } from '@assay/explain/gov/dry-run';
import type { Setting } from '@assay/explain/gov/settings';
import { honest } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import type { CliError } from '../failures.ts';
import { RecordedWorld } from '../recorded-world.fixture.ts';

/** A miner's answer is paid in epoch 0; nothing happens in epoch 1. */
function livedWorld(settlementRows = 1000): RecordedWorld {
  const world = new RecordedWorld({ params: { settlementRows } }).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  world.auditAll(receipt, honest);
  world.finishEpoch();
  world.finishEpoch();
  world.block();
  return world;
}
const run = (world: RecordedWorld, settings: readonly Setting[], epochs: number) =>
  dryRun(world.history, { settings, epochs }, { fast: true });
const sum = (units: readonly bigint[]) => units.reduce((all, each) => all + each, 0n);

describe('dryRun', () => {
  it('changes nothing with the values that hold', async () => {
    const world = livedWorld();
    const same = await run(world, [{ path: 'halvingDays', text: '730' }], 2);
    expect(same).toMatchObject({ fromEpoch: 0, toEpoch: 1, otherResults: 0 });
    expect(same.after).toEqual(same.before);
    expect(same.earnings.every(({ beforeUnits, afterUnits }) => beforeUnits === afterUnits)).toBe(true);
    const paid = world.events.flatMap((event) => (event.type === 'epochClosed' ? event.close.payouts : []));
    expect(sum(same.earnings.map(({ beforeUnits }) => beforeUnits))).toBe(sum(paid.map(({ units }) => units)));
  });

  it('says who would have earned what', async () => {
    const settings = [{ path: 'emissionPerDayUnits', text: '43200000000' }];
    const half = await run(livedWorld(), settings, 2);
    expect(half.before.mintedUnits).toBeGreaterThan(0n);
    expect(half.after.mintedUnits * 2n).toBe(half.before.mintedUnits);
    expect(half.after.revenueUnits).toBe(half.before.revenueUnits);
    const [first] = half.earnings;
    expect(first?.beforeUnits).toBeGreaterThan(first?.afterUnits ?? 0n);
  });

  it('begins with the state of the first of the epochs, and counts transactions that end otherwise', async () => {
    const world = livedWorld();
    world.send('payer', 'transfer', { to: world.address('owner'), amountUnits: 1n });
    world.finishEpoch();
    const dear = await run(world, [{ path: 'transactionFeeUnits', text: '11' }], 1);
    expect(dear).toMatchObject({ fromEpoch: 2, toEpoch: 2, otherResults: 1 });
    expect((await run(world, [{ path: 'transactionFeeUnits', text: '10' }], 3)).otherResults).toBe(0);
  });

  it('begins after a settlement, and waits for the last', async () => {
    const world = livedWorld(4);
    const settings = [{ path: 'emissionPerDayUnits', text: '43200000000' }];
    expect(world.ledger.isSettling).toBe(true);
    expect(await run(world, settings, 1).catch((error: CliError) => error.message)).toMatch(
      /^Epoch 1 is still being settled/,
    );
    while (world.ledger.isSettling) world.block();
    const last = await run(world, settings, 1);
    expect(last).toMatchObject({ fromEpoch: 1, toEpoch: 1 });
    expect(last.before.mintedUnits).toBeGreaterThan(0n);
    expect(last.after.mintedUnits * 2n).toBe(last.before.mintedUnits);
  });

  it('takes settings that only fit together', async () => {
    const settings = [
      { path: 'stacks.minersBps', text: '5000' },
      { path: 'stacks.treasuryBps', text: '1500' },
    ];
    const { earnings } = await run(livedWorld(), settings, 2);
    const treasury = earnings.find(({ as }) => as === 'treasury');
    expect(treasury?.afterUnits).toBe(3n * (treasury?.beforeUnits ?? 0n));
  });

  it('carries out a proposal, when it was possible then and its rules are known', async () => {
    const world = livedWorld();
    const rejected = await dryRun(world.history, { settings: [], proposal: 0, epochs: 1 }, { fast: true }).catch(
      (error: CliError) => error.message,
    );
    expect(rejected).toBe('There is no proposal 0; `assay gov list` shows those there are.');
    const half = { path: 'emissionPerDayUnits', value: '"43200000000"' };
    const actions = [
      { kind: 'parameterChange', value: half },
      { kind: 'upgrade', value: { rule: 2, height: 100_000 } },
    ] as const;
    for (const action of actions) world.send('payer', 'propose', { action });
    const epochs = 2;
    const halved = await dryRun(world.history, { settings: [], proposal: 0, epochs }, { fast: true });
    expect(halved.after.mintedUnits * 2n).toBe(halved.before.mintedUnits);
    expect(halved.otherResults).toBe(0);
    const upgrade = await dryRun(world.history, { settings: [], proposal: 1, epochs }, { fast: true }).catch(
      (error: CliError) => error.message,
    );
    expect(upgrade).toBe('An upgrade changes rules, and a version replays by those it knows: try the newer one.');
  });

  it.each([
    ['audit.floorPpb', '0', 'audit.floorPpb must be from 1000000 to 1000000000, not 0'],
    ['audit.floor', '1', 'there is no parameter "audit.floor"'],
    ['epochBlocks', '64', 'epochBlocks stays as the genesis has it'],
    ['halvingDays', 'soon', 'halvingDays: soon is not JSON'],
    ['stacks.minersBps', '5000', 'params.stacks add up to 9000 basis points instead of 10,000'],
  ])('refuses %s = %s', async (path, text, sentence) => {
    const failure = await run(livedWorld(), [{ path, text }], 1).catch((error: CliError) => error.message);
    expect(failure).toBe(`No vote could make this change: ${sentence}.`);
  });

  it('refuses more epochs than there are', async () => {
    const failure = await run(livedWorld(), [], 3).catch((error: CliError) => error.message);
    expect(failure).toBe('Only 2 epochs of this chain are closed; ask for --epochs 2 at most.');
  });
});
