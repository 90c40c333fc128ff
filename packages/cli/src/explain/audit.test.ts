import { explainAudit } from '@assay/explain/audit';
import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainPayout } from '@assay/explain/payout';
import { checked, hardFailure, honest, unchecked } from '@assay/ledger/fixture';
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
    const [numbers, checks] = steps.flatMap(({ table }) => (table === null ? [] : [table.rows]));
    expect(numbers?.map((row) => row.slice(-5))).toEqual(Array(3).fill(['0', '3', '-', '-', 'soft']));
    // Three of 40 are no eighth; with what is left of the three before they are more than four.
    expect(checks?.slice(0, 3).map((row) => row.slice(1))).toEqual([
      ['T1', '§10.4, verification §2.3', '0.001', '0.035', '0.105', '0.034', '········│················│'],
      ['positions that differ', '§10.12', '3', '5', '13', '2', '██████···│···············│'],
      ['the same, pooled', 'verification §4.7', '5.531', '4.000', '–', '-1.531', '████████████│█████·······│'],
    ]);
    const pooled = { check: 'pooledMismatches', value: 5531, softAbove: 4000, hardAbove: null, margin: -1531 };
    expect(result.auditors[0]?.checks).toMatchObject([{ margin: 34_000_000 }, { margin: 2 }, pooled]);
  });

  it('says that nobody could compare the engine, what that costs, and what to do (§10.13)', async () => {
    const world = new RecordedWorld().populate();
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, unchecked('otherEngine'));
    const { answer, result, steps } = await explainAudit(world.history, receipt.taskId, fast);
    expect(result).toMatchObject({ verdict: 'noResult', outcome: 'rejected' });
    expect(answer).toMatch(/^No validator could compare the engine of miner 0, so the answer is not paid; .* units/);
    expect(answer).toContain('The miner owes 10 audits with a result now');
    expect(answer).toContain('`assay calibrate`');
    expect(steps.at(-1)?.facts).toContainEqual(expect.objectContaining({ name: 'results owed', value: '10' }));
    world.finishEpoch();
    world.finishEpoch();
    const payout = await explainPayout(world.history, { account: world.address('minerA'), epoch: 0 }, fast);
    const rejected = payout.steps.at(-1);
    expect(rejected?.table?.rows[0]?.at(-1)).toBe('noResult: no validator could compare its engine (§10.13)');
    expect(rejected?.facts[0]?.value).toContain('`assay calibrate`');
    const other = world.receipt();
    world.certify(other);
    world.auditAll(other, unchecked('noResult'));
    expect((await explainAudit(world.history, other.taskId, fast)).answer).toContain("which is nobody's fault");
  });

  it('says of text alone that nobody can re-check it (§10.14)', async () => {
    const world = new RecordedWorld();
    world.block(
      world.tx('minerA', 'registerMiner', world.registration({ evidenceLevel: 0 })),
      world.tx('payer', 'openSession', world.session()),
    );
    world.block();
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, unchecked('otherEngine'));
    const { answer } = await explainAudit(world.history, receipt.taskId, fast);
    expect(answer).toMatch(/^The answer of miner 0 is text alone, which no validator can re-check/);
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
