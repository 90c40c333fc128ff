import { honest } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';
import { explainAudit } from './audit.ts';

const fast = { fast: true } as const;

describe('explain audit', () => {
  it('shows what the mismatches of an answer are read against, with those pooled before (§10.12)', async () => {
    const world = new RecordedWorld().populate();
    const [begun, again] = [world.receipt(), world.receipt()];
    world.certify(begun, again);
    const garbled = { ...honest, positions: 40, choiceMismatches: 3 };
    world.auditAll(begun, garbled);
    world.auditAll(again, garbled);
    const passed = await explainAudit(world.history, begun.taskId, fast);
    expect(passed.result).toMatchObject({
      verdict: 'pass',
      auditors: Array(2).fill({ choiceMismatches: 3, opinion: 'pass' }),
    });
    const { result, steps } = await explainAudit(world.history, again.taskId, fast);
    expect(result).toMatchObject({ verdict: 'soft', outcome: 'rejected' });
    const facts = steps.flatMap((step) => step.facts).filter(({ name }) => name === 'mismatches pooled before');
    expect(facts.map(({ value }) => value)).toEqual(['3.000']);
    const cells = steps.flatMap(({ table }) => table?.rows ?? []).map((row) => row.slice(-3));
    expect(cells).toEqual(Array(3).fill(['0', '3', 'soft']));
  });

  it('says what is still to come', async () => {
    const world = new RecordedWorld().populate();
    const receipt = world.receipt();
    world.block(world.batchTx({ receipts: [receipt] }));
    const waiting = await explainAudit(world.history, receipt.taskId, fast);
    expect(waiting.result).toMatchObject({ audited: null, outcome: 'undecided' });
    world.block(world.batchTx());
    world.block(world.batchTx());
    const drawn = await explainAudit(world.history, receipt.taskId, fast);
    expect(drawn.result).toMatchObject({ audited: true, verdict: 'open', outcome: 'undecided' });
  });
});
