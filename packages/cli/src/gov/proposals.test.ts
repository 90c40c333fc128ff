import { proposalsOf } from '@assay/explain/gov/proposals';
import { addressText } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

describe('proposalsOf', () => {
  it('tells what each asks for and how its vote went', async () => {
    const world = new RecordedWorld().populate();
    const change = { kind: 'parameterChange' as const, value: { path: 'halvingDays', value: '7' } };
    world.send('payer', 'propose', { action: change });
    world.send('owner', 'vote', { proposal: 0, choice: 'no' });
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    const to = world.address('owner');
    world.send('payer', 'propose', { action: { kind: 'treasurySpend', value: { to, amountUnits: 1_500_000_000n } } });
    world.send('owner', 'vote', { proposal: 1, choice: 'yes' });
    for (const action of [
      { kind: 'modelDifficulty' as const, value: { model: 1, difficultyPpm: 2_500_000 } },
      { kind: 'upgrade' as const, value: { rule: 2, height: 1000 } },
      { kind: 'ban' as const, value: { kind: 'miner' as const, role: 0, isBanned: true } },
    ]) {
      world.send('payer', 'propose', { action });
    }
    const [first, second, third, fourth, fifth] = await proposalsOf(world.history, { fast: true });
    expect(first).toMatchObject({
      status: 'noQuorum',
      asks: 'halvingDays = 7',
      endEpoch: 2,
      executeEpoch: 3,
      voters: 0,
    });
    expect(first?.count).toMatchObject({ yesUnits: '0', noUnits: '1000', totalUnits: '7300' });
    const asks = `pay 1.5 units of the treasury to ${addressText(to)}`;
    expect(third?.asks).toBe('difficulty of model 1 = 2.5');
    expect(fifth?.asks).toBe('ban miner 0');
    expect(fourth?.asks).toBe('rule 2 from block 1000 on');
    expect(second).toMatchObject({ proposal: 1, status: 'voting', asks, count: null, voters: 1 });
  });

  it('finds none where nothing was proposed', async () => {
    expect(await proposalsOf(new RecordedWorld().history, { fast: true })).toEqual([]);
  });
});
