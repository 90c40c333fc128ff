import { explainAudit } from '@assay/explain/audit';
import { explanationLines, onChain } from '@assay/explain/explanation';
import { checked, hardFailure, honest } from '@assay/ledger/fixture';
import { disputed, reportDisputes } from '@assay/ledger/fixture/challenges';
import { openingOf } from '@assay/ledger/fixture/plants';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

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
    const cells = steps.flatMap(({ table }) => table?.rows ?? []).map((row) => row.slice(-5));
    expect(cells).toEqual(Array(3).fill(['0', '3', '-', '-', 'soft']));
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

  it('tells a challenge to its end, and what came of the answer it contradicts (§8.6–§8.8)', async () => {
    const challenges = { lambdaMilli: 20_000, alpha: 9, bandwidthCap: 1n };
    const world = new RecordedWorld({ mixers: 3, params: { epochBlocks: 48, challenges } }).populate();
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, honest);
    const [failed, passed] = [disputed(), disputed({ knownTaskId: receipt.taskId })];
    expect(reportDisputes(world, 0, failed, passed)).toBe('OK');
    const open = await explainAudit(world.history, failed.taskId, fast);
    expect(open.answer).toBe('A challenge of miner 0; its auditors have still to decide.');
    world.auditAll({ ...receipt, taskId: failed.taskId }, hardFailure);
    world.auditAll({ ...receipt, taskId: passed.taskId }, honest);
    world.auditAll(receipt, hardFailure);
    const answers = [];
    for (const { taskId } of [failed, passed, receipt]) {
      const explanation = await explainAudit(world.history, taskId, fast);
      answers.push(explanation.answer);
      expect(explanation.steps.at(-1)).toMatchObject({ clause: '§8.6–§8.8, §10.25' });
      expect(explanationLines(onChain(world.history, true, explanation)).length).toBeGreaterThan(10);
    }
    expect(answers).toEqual([
      'A challenge of miner 0, which failed it (hard); that is a failure in its record.',
      'A challenge of miner 0 (pass): the known answer was another, and is audited again.',
      'A challenge contradicted this answer after its end; its second audit found hard: a failure of miner 0.',
    ]);
  });

  it('tells that an answer was planted, and who passed it without a look (§10.25)', async () => {
    const world = new RecordedWorld({ validators: 6 }).populate();
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, honest);
    world.block(world.tx('miner0', 'openPlant', openingOf(receipt.taskId), { feeUnits: 0n }));
    world.auditAll(receipt, checked(140_000_000));
    const explanation = await explainAudit(world.history, receipt.taskId, fast);
    expect(explanation.answer).toBe(
      'The audit passed numbers that miner 0 had made wrong on purpose; others looked again, and found nothing ' +
        'against its tokens.',
    );
    expect(explanation.result).toMatchObject({ verdict: 'pass', outcome: 'approved' });
    expect(explanation.result.auditors.map(({ isFalse }) => isFalse)).toEqual([true, true, false, false, false]);
    const lines = explanationLines(onChain(world.history, true, explanation)).join('\n');
    expect(lines).toContain('wrong on purpose, to test its auditors');
    expect(lines).toContain('T1 says nothing');
  });
});
