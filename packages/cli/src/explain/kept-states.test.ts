import { explainAudit } from '@assay/explain/audit';
import { casesOf } from '@assay/explain/case-book';
import type { Explanation } from '@assay/explain/explanation';
import { proposalsOf } from '@assay/explain/gov/proposals';
import { explainPayout } from '@assay/explain/payout';
import { explainPower } from '@assay/explain/power';
import { type History, replayBlocks, startUpTo } from '@assay/explain/replay-blocks';
import { explainSelection } from '@assay/explain/selection';
import { explainSlash } from '@assay/explain/slash';
import { hardFailure, honest, World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

const fast = { fast: true } as const;

/** Two miners over several epochs; one answer passes its audit, one fails and costs a fine, one follows much later. */
function livedWorld(settlementRows = 1000) {
  const cases = { ...new World().state.params.cases, foundationReview: false };
  const world = new RecordedWorld({ params: { settlementRows, cases } }).populate();
  world.block(world.tx('minerB', 'registerMiner', world.registration()));
  world.block(world.tx('payer', 'delegate', { miner: 0, amountUnits: 70n }));
  const good = world.receipt();
  const bad = world.receipt({ miner: 1 });
  world.certify(good, bad);
  world.auditAll(good, honest);
  world.auditAll(bad, hardFailure);
  const setting = { path: 'halvingDays', value: '7' };
  world.send('payer', 'propose', { action: { kind: 'parameterChange' as const, value: setting } });
  world.send('payer', 'vote', { proposal: 0, choice: 'yes' });
  for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
  const late = world.receipt();
  world.certify(late);
  world.auditAll(late, honest);
  world.finishEpoch();
  return { world, tasks: [good, bad, late] };
}

const answerOf = async (explained: Promise<Explanation<unknown>>) => {
  const { startHeight, ...rest } = await explained;
  return rest;
};

async function answersOf(history: History, { world, tasks }: ReturnType<typeof livedWorld>) {
  const asked: unknown[] = [];
  for (const { taskId } of tasks) {
    asked.push(await answerOf(explainSelection(history, taskId, fast)));
    asked.push(await answerOf(explainAudit(history, taskId, fast)));
  }
  for (const epoch of [0, 3]) {
    asked.push(await answerOf(explainPayout(history, { account: world.address('minerA'), epoch }, fast)));
  }
  const cases = await casesOf(history, fast);
  for (const { opened } of cases) asked.push(await answerOf(explainSlash(history, opened.case, fast)));
  asked.push(cases, await proposalsOf(history, fast), await answerOf(explainPower(history, 0, fast)));
  return asked;
}

describe('a kept state §16.15', () => {
  it.each([
    [1000, 1],
    [2, 7],
  ])('shortens the way to every answer and changes none, %i rows a block', async (settlementRows, every) => {
    const lived = livedWorld(settlementRows);
    const whole = await answersOf(
      lived.world.historyWith(() => false),
      lived,
    );
    const answers = await answersOf(
      lived.world.historyWith((height) => height % every === 0),
      lived,
    );
    expect(answers).toEqual(whole);
  });

  it('is where a replay begins that needs no earlier block', async () => {
    const { world, tasks } = livedWorld();
    const history = world.historyWith(() => true);
    let read = 0;
    const counted = { ...history, onReplayed: () => read++ };
    const { startHeight } = await explainSelection(counted, tasks[2]?.taskId ?? new Uint8Array(), fast);
    expect(startHeight).toBeGreaterThan(world.height / 2);
    expect(read).toBeLessThan(5);
  });

  it('is passed over when its root is not that of its block, or it is of another chain', async () => {
    const { world } = livedWorld();
    const history = world.historyWith((height) => height % 5 === 0);
    const newest = await history.stateUpTo(world.height);
    const older = await history.stateUpTo(world.height - 5);
    if (newest === null || older === null) throw new Error('no state was kept');
    const swapped = async (height: number) =>
      height >= world.height ? { ...newest, state: older.state } : history.stateUpTo(height);
    const start = await startUpTo({ ...history, stateUpTo: swapped }, world.height);
    const { height } = start.ledger.state.globals;
    expect(height % 5).toBe(0);
    expect(height).toBeLessThan(world.height - (world.height % 5));
    for await (const { result } of replayBlocks(history, { fast: true, start }))
      expect(result.height).toBeGreaterThan(0);
    expect(start.ledger.stateRoot()).toEqual(world.ledger.stateRoot());
    const other = new RecordedWorld({ params: { halvingDays: 9 } }).populate();
    const foreign = async () => other.historyWith(() => true).stateUpTo(other.height);
    const strange = { ...world.historyWith(() => false), stateUpTo: foreign };
    expect((await startUpTo(strange, other.height)).ledger.state.globals.height).toBe(0);
  });
});
