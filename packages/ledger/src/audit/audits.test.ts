import { createHash } from 'node:crypto';
import type { AuditNumbers, LedgerEvent } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll, drawnWorld } from '../testing/audits.fixture.ts';
import { checked, hardFailure, honest, softFailure, unchecked, World } from '../testing/world.fixture.ts';
import { auditDuties, isAudited } from './audits.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const noResult = unchecked('noResult');
const noArtifact = unchecked('noArtifact');

describe('audit draw §9.1, §10.1', () => {
  it('waits until the beacon has turned twice and two blocks have passed', () => {
    const world = new World().populate();
    const receipt = world.receipt();
    world.block(world.batchTx({ receipts: [receipt] }), world.batchTx({ mixer: 1 }), world.batchTx({ mixer: 2 }));
    world.block();
    // Its own block's reveals are no later ones, wherever their batches stand in it (§9.3).
    world.block();
    expect(world.state.auditOf(receipt.taskId)).toBeUndefined();
    world.block(world.batchTx({ mixer: 1 }), world.batchTx({ mixer: 2 }));
    expect(world.state.auditOf(receipt.taskId)).toBe(0);
    const late = world.receipt();
    world.block(world.batchTx({ receipts: [late] }));
    for (let i = 0; i < 5; i++) world.block();
    world.block(world.batchTx());
    expect(world.state.auditOf(late.taskId)).toBeUndefined();
    world.block(world.batchTx());
    expect(world.state.auditOf(late.taskId)).toBe(1);
  });

  it('takes every task of a new miner', () => {
    const { world, taskId } = drawnWorld();
    expect(world.events).toContainEqual({ type: 'auditOpened', taskId, ratePpb: 1_000_000_000 });
    expect(world.state.audits.at(0)).toMatchObject({ taskId, drawnHeight: world.height, verdict: 'open' });
  });

  it('approves at once what it does not draw', () => {
    const world = new World({ audit: { newMinerTasks: 0, minRoutingTrustPpb: 1, floorPpb: 0 } }).populate();
    const first = world.receipt();
    world.certify(first);
    auditAll(world, first.taskId, honest);
    world.finishEpoch();
    const trustPpb = world.state.miners.standing(0).trustPpb;
    expect(trustPpb).toBeGreaterThan(0);
    const receipts = Array.from({ length: 60 }, () => world.receipt());
    world.certify(...receipts);
    const skipped = world.events.filter((event) => event.type === 'auditSkipped');
    const drawn = receipts.filter((receipt) => world.state.auditOf(receipt.taskId) !== undefined);
    const ratePpb = Number((999_999_999n * 0n + 1_000_000_000n * BigInt(1_000_000_000 - trustPpb)) / 999_999_999n);
    expect(skipped[0]).toMatchObject({ ratePpb });
    expect(skipped.length + drawn.length).toBe(60);
    expect(Math.abs(drawn.length / 60 - ratePpb / 1e9)).toBeLessThan(0.2);
    expect(world.events).toContainEqual({ type: 'taskApproved', taskId: skipped[0]?.taskId, audited: false });
  });

  it('draws as often as the rate says', () => {
    const beacon = hash('beacon');
    const count = (ratePpb: number) => {
      let drawn = 0;
      for (let i = 0; i < 20_000; i++) drawn += isAudited(beacon, hash(`task ${i}`), ratePpb) ? 1 : 0;
      return drawn;
    };
    expect(count(0)).toBe(0);
    expect(count(1_000_000_000)).toBe(20_000);
    // Six standard deviations around 2 % and 30 %.
    expect(Math.abs(count(20_000_000) - 400)).toBeLessThan(119);
    expect(Math.abs(count(300_000_000) - 6000)).toBeLessThan(389);
  });
});

describe('auditors §10.2', () => {
  it('are never of the miner’s operator or owner', () => {
    for (const concerned of ['minerA', 'owner'] as const) {
      const { world, taskId, all, fresh } = drawnWorld({ validatorOperators: [concerned, concerned] });
      all(hardFailure);
      expect(fresh()).toEqual([]);
      expect(world.auditorsOf(taskId).toSorted((a, b) => a - b)).toEqual([2, 3]);
    }
  });

  it('are each drawn once for a task', () => {
    const { world, taskId, answer } = drawnWorld();
    answer(noResult);
    answer(noResult);
    answer(noResult);
    expect(world.auditorsOf(taskId).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('are counted for what they did and for what they missed', () => {
    const { world, taskId, fresh, all } = drawnWorld();
    const missing = fresh();
    for (let i = 0; i < 3; i++) world.block();
    for (const validator of missing) {
      expect(world.events).toContainEqual({ type: 'auditorMissed', taskId, validator });
      expect(world.state.validators.at(validator)).toMatchObject({ strikes: 1, epochDuties: 0 });
    }
    const others = fresh();
    expect([...missing, ...others].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    all(honest);
    for (const validator of others) {
      expect(world.state.validators.at(validator)).toMatchObject({ strikes: 0, epochDuties: 1 });
    }
  });

  it('know what they owe, and when', () => {
    const { world, taskId, fresh } = drawnWorld();
    const [first = 9, second = 9] = fresh();
    const duties = () => auditDuties(world.state, first);
    const drawnAt = world.height;
    expect(duties()).toEqual([{ taskId, step: 'commit', deadline: drawnAt + 3 }]);
    const pairs = [first, second].map((validator) => world.auditPair(validator, taskId, honest));
    const [own, other] = pairs;
    if (own === undefined || other === undefined) throw new Error('two are drawn');
    world.block(own.commit());
    expect(duties()).toEqual([]);
    world.block(other.commit());
    expect(duties()).toEqual([{ taskId, step: 'reveal', deadline: world.height + 2 }]);
    world.block(own.reveal());
    expect(duties()).toEqual([]);
  });
});

describe('a second auditor §10.20', () => {
  it('is drawn with the first for a new miner, and neither sees the other', () => {
    const { world, taskId, fresh } = drawnWorld();
    expect(fresh()).toHaveLength(2);
    const [first, second] = fresh().map((validator) => world.auditPair(validator, taskId, honest));
    if (first === undefined || second === undefined) throw new Error('two are drawn');
    world.block(first.commit());
    expect(world.codeOf(first.reveal())).toBe('REVEAL_TOO_EARLY');
    world.block(second.commit());
    world.block(first.reveal());
    expect(world.state.audits.at(0).verdict).toBe('open');
    world.block(second.reveal());
    expect(world.state.audits.at(0).verdict).toBe('pass');
  });

  it('is drawn for a miner with evidence against it, and for one audit in eight of all others', () => {
    const world = new World({
      audit: { newMinerTasks: 0, minRoutingTrustPpb: 1, floorPpb: 999_999_999 },
      params: { epochBlocks: 64, receiptLifetimeBlocks: 64 },
    }).populate();
    const first = world.receipt();
    world.certify(first);
    auditAll(world, first.taskId, honest);
    world.finishEpoch();
    const seconds = (count: number) => {
      const receipts = Array.from({ length: count }, () => world.receipt());
      world.certify(...receipts);
      auditAll(
        world,
        receipts.map(({ taskId }) => taskId),
        honest,
      );
      return receipts.filter(
        ({ taskId }) => world.state.audits.at(world.state.auditOf(taskId) ?? 0).firstAuditors === 2,
      );
    };
    expect(world.state.miners.at(0)).toMatchObject({ cusumMilli: 0 });
    expect(world.state.audits.at(0).firstAuditors).toBe(2);
    // Six standard deviations around an eighth of 200.
    expect(Math.abs(seconds(200).length - 25)).toBeLessThan(29);
    expect(seconds(200).length).toBeGreaterThan(0);
    const bad = world.receipt();
    world.certify(bad);
    auditAll(world, bad.taskId, softFailure);
    expect(world.state.miners.at(0).cusumMilli).toBeGreaterThan(0);
    expect(seconds(5)).toHaveLength(5);
  });
});

describe('commit and reveal §10.3', () => {
  it('reveals open when all at work have committed', () => {
    const { world, taskId, fresh, answer } = drawnWorld();
    answer(softFailure);
    const [a = 9, b = 9] = fresh();
    const [first, second] = [world.auditPair(a, taskId, softFailure), world.auditPair(b, taskId, softFailure)];
    world.block(first.commit());
    expect(auditDuties(world.state, a)).toEqual([]);
    expect(world.codeOf(first.reveal())).toBe('REVEAL_TOO_EARLY');
    world.block(second.commit());
    expect(world.block(first.reveal(), second.reveal()).transactions.map(({ code }) => code)).toEqual(['OK', 'OK']);
  });

  it('takes the numbers of an auditor once', () => {
    const { world, taskId, fresh } = drawnWorld();
    const pairs = fresh().map((auditor) => world.auditPair(auditor, taskId, softFailure));
    world.block(...pairs.map((pair) => pair.commit()));
    const [first] = pairs;
    if (first === undefined) throw new Error('nobody was drawn');
    expect(world.codeOf(first.reveal())).toBe('OK');
    expect(world.codeOf(first.reveal())).toBe('NOT_AUDITOR');
  });

  it('keeps a slot open until its last height and not beyond', () => {
    for (const wait of [2, 3]) {
      const { world, taskId, fresh } = drawnWorld();
      const [auditor = 9] = fresh();
      for (let i = 0; i < wait; i++) world.block();
      const { commit } = world.auditPair(auditor, taskId, honest);
      expect(world.codeOf(commit())).toBe(wait === 2 ? 'OK' : 'NOT_AUDITOR');
    }
  });

  it('makes a missed reveal a strike', () => {
    const { world, taskId, fresh } = drawnWorld();
    const drawn = fresh();
    const pairs = drawn.map((auditor) => world.auditPair(auditor, taskId, honest));
    world.block(...pairs.map((pair) => pair.commit()));
    world.block();
    world.block();
    for (const auditor of drawn) expect(world.state.validators.at(auditor).strikes).toBe(1);
    for (const pair of pairs) expect(world.codeOf(pair.reveal())).toBe('NOT_AUDITOR');
  });

  it.each<[string, AuditNumbers]>([
    ['a check of no position', { ...honest, positions: 0 }],
    ['more positions than the network asks for', { ...honest, positions: 65 }],
    ['more mismatches than positions', { ...honest, argmaxMismatches: 21 }],
    ['more other choices than positions', { ...honest, choiceMismatches: 21 }],
    ['more surprise than 64 choices have', { ...honest, surprise: { ...honest.surprise, surpriseMilli: 220_001 } }],
    ['a noise profile that is not there', { ...honest, profile: 0 }],
    ['a flaw of what was checked', { ...honest, flaw: 'prompt' }],
    ['a malformed artifact without a flaw', { ...unchecked('malformed'), flaw: 'none' }],
    ['a distance above one', checked(1_000_000_001)],
  ])('refuses %s', (_what, numbers) => {
    const { world, taskId, fresh } = drawnWorld();
    const pairs = fresh().map((auditor) => world.auditPair(auditor, taskId, numbers));
    world.block(...pairs.map((pair) => pair.commit()));
    for (const pair of pairs) expect(world.codeOf(pair.reveal())).toBe('BAD_NUMBERS');
  });

  it('takes a check of no position when there was no output', () => {
    const world = new World().populate();
    const receipt = world.receipt({ tokensOut: 0 });
    world.certify(receipt);
    auditAll(world, receipt.taskId, { ...honest, positions: 0 });
    expect(world.events.at(-1)).toEqual({ type: 'taskApproved', taskId: receipt.taskId, audited: true });
  });

  it('refuses numbers other than the committed ones, and steps out of turn', () => {
    const { world, taskId, fresh } = drawnWorld({ audit: { commitBlocks: 9 } });
    const [auditor = 9, second = 9] = fresh();
    const outsider = [0, 1, 2, 3].find((validator) => validator !== auditor && validator !== second) ?? 9;
    expect(world.codeOf(world.auditPair(outsider, taskId, honest).commit())).toBe('NOT_AUDITOR');
    const pair = world.auditPair(auditor, taskId, honest);
    expect(world.codeOf(pair.reveal())).toBe('NOT_COMMITTED');
    expect(world.codeOf(pair.commit())).toBe('OK');
    expect(world.codeOf(pair.commit())).toBe('ALREADY_COMMITTED');
    world.block(world.auditPair(second, taskId, honest).commit());
    expect(world.codeOf(world.auditPair(auditor, taskId, softFailure).reveal())).toBe('COMMITMENT_MISMATCH');
    expect(world.codeOf(world.auditPair(auditor, hash('no task'), honest).commit())).toBe('UNKNOWN_TASK');
  });
});

describe('verdicts §10.4', () => {
  const refunded = (reason: 'soft' | 'hard' | 'noResult' | 'hung', taskId: Uint8Array): LedgerEvent => ({
    type: 'taskRejected',
    taskId,
    reason,
    refundedUnits: 100n,
  });

  it('passes approve', () => {
    const { world, taskId, all, ends } = drawnWorld();
    all(honest);
    expect(ends()).toEqual([{ type: 'taskApproved', taskId, audited: true }]);
    expect(world.state.audits.at(0).verdict).toBe('pass');
    expect(world.state.miners.at(0)).toMatchObject({ audited: 1, rejected: 0, epochPassed: 1, epochVwu: 70n });
    expect(world.state.models.at(0).epochVwu).toBe(70n);
    expect(world.state.gateways.at(0).epochDuties).toBe(1);
  });

  it.each<[AuditNumbers, AuditNumbers, AuditNumbers, 'soft' | 'hard']>([
    [softFailure, softFailure, softFailure, 'soft'],
    [hardFailure, softFailure, softFailure, 'soft'],
    [softFailure, hardFailure, hardFailure, 'hard'],
    [unchecked('malformed'), unchecked('malformed'), softFailure, 'hard'],
  ])('an accusation that a third confirms refunds the payer (case %#)', (first, second, third, reason) => {
    const { world, taskId, answer, fresh, ends } = drawnWorld();
    answer(first, second);
    expect(fresh()).toHaveLength(1);
    answer(third);
    expect(ends()).toEqual([refunded(reason, taskId)]);
    expect(world.state.sessions.at(0)).toMatchObject({ escrowUnits: 100_000n, spentUnits: 0n });
    expect(world.state.miners.at(0)).toMatchObject({ audited: 1, rejected: 1, epochFailed: 1, epochVwu: 0n });
  });

  it('an accusation that three deny is dropped', () => {
    const { world, taskId, answer, ends } = drawnWorld();
    answer(hardFailure, honest);
    answer(honest, honest);
    expect(ends()).toEqual([{ type: 'taskApproved', taskId, audited: true }]);
    expect(world.state.miners.at(0)).toMatchObject({ rejected: 0, epochPassed: 1, epochFailed: 0 });
  });

  it('two against two decide nothing: the payer is refunded, and no record says anything', () => {
    const { world, taskId, answer, ends } = drawnWorld();
    answer(hardFailure, honest);
    answer(hardFailure, honest);
    expect(ends()).toEqual([refunded('hung', taskId)]);
    expect(world.state.audits.at(0).verdict).toBe('hung');
    expect(world.state.miners.at(0)).toMatchObject({ audited: 0, rejected: 0, epochPassed: 0, epochFailed: 0 });
  });

  it('a missing artifact says nothing about the answer: it is a strike of the mixer that keeps it (§10.24)', () => {
    const lone = drawnWorld();
    lone.answer(noArtifact, honest);
    lone.answer(honest);
    expect(lone.ends()).toEqual([{ type: 'taskApproved', taskId: lone.taskId, audited: true }]);
    expect(lone.world.state.mixers.at(0).strikes).toBe(0);
    const { world, taskId, all, ends } = drawnWorld();
    const before = world.state.miners.at(0);
    expect(world.state.mixers.at(0).epochDuties).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) all(noArtifact);
    expect(ends()).toEqual([refunded('noResult', taskId)]);
    expect(world.events).toContainEqual({ type: 'artifactMissing', taskId, mixer: 0 });
    expect(world.state.mixers.at(0)).toMatchObject({ strikes: 1, epochDuties: 0 });
    expect(world.state.miners.at(0)).toEqual(before);
  });

  it('no result from anybody refunds the payer and leaves the miner’s record alone', () => {
    const { world, taskId, all, ends } = drawnWorld();
    for (let i = 0; i < 2; i++) all(noResult);
    expect(ends()).toEqual([refunded('noResult', taskId)]);
    expect(world.state.audits.at(0).verdict).toBe('noResult');
    expect(world.state.miners.at(0)).toMatchObject({ audited: 0, rejected: 0, epochPassed: 0, epochFailed: 0 });
  });

  it('a task nobody may audit has no result', () => {
    const { taskId, ends } = drawnWorld({ validators: 1, validatorOperators: ['minerA'] });
    expect(ends()).toEqual([refunded('noResult', taskId)]);
  });

  it('in a network of one auditor its pass approves and its accusation convicts nobody', () => {
    const friendly = drawnWorld({ validators: 1 });
    friendly.all(honest);
    expect(friendly.ends()).toEqual([{ type: 'taskApproved', taskId: friendly.taskId, audited: true }]);
    const { taskId, all, ends } = drawnWorld({ validators: 1 });
    all(hardFailure);
    expect(ends()).toEqual([refunded('hung', taskId)]);
  });

  it('in a network of two both must agree', () => {
    const { taskId, answer, ends } = drawnWorld({ validators: 2 });
    answer(hardFailure, softFailure);
    expect(ends()).toEqual([refunded('soft', taskId)]);
    const divided = drawnWorld({ validators: 2 });
    divided.answer(hardFailure, honest);
    expect(divided.ends()).toEqual([refunded('hung', divided.taskId)]);
  });

  it('ask at most six auditors', () => {
    const { world, taskId, all, ends } = drawnWorld({ validators: 9 });
    for (let i = 0; i < 3; i++) all(noResult);
    expect(world.auditorsOf(taskId)).toHaveLength(6);
    expect(ends()).toEqual([refunded('noResult', taskId)]);
  });

  it('refund the payer’s account when the session is closed by then', () => {
    const { world, taskId, all, ends } = drawnWorld({
      params: { receiptLifetimeBlocks: 1 },
      audit: { commitBlocks: 40 },
    });
    world.send('payer', 'closeSession', { session: 0 });
    world.finishEpoch();
    const before = world.balance('payer');
    all(softFailure);
    all(softFailure);
    expect(ends()).toEqual([refunded('soft', taskId)]);
    expect(world.balance('payer')).toBe(before + 100n);
  });

  it('wait for an open audit over the end of the epoch', () => {
    const { world, taskId, all, ends } = drawnWorld({ audit: { commitBlocks: 40 } });
    world.finishEpoch();
    expect(world.state.tasks.at(0).pendingUnits).toBe(100n);
    all(honest);
    expect(ends()).toHaveLength(1);
    expect(world.finishEpoch().events).toContainEqual(expect.objectContaining({ type: 'taskPaid', taskId, epoch: 1 }));
  });
});
