import type { ChallengeReport } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { epochValues, measuredValues } from '../standing/measured.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { disputed, measurersOf, reportDisputes } from '../testing/challenges.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import {
  hardFailure,
  honest,
  realKeys,
  softFailure,
  unchecked,
  World,
  type WorldOptions,
} from '../testing/world.fixture.ts';
import { challengesOwed, measuringOf } from './challenges.ts';

type Measured = Partial<Omit<ChallengeReport, 'miner' | 'reveal'>>;

/** Lets as many of a miner's measurers report; gives the code of the last report. */
function measure(world: World, ...values: readonly Measured[]) {
  const measurers = measurersOf(world, 0, { latencyMs: 1, hashRate: 1n });
  const codes = values.map((value, index) => {
    const mixer = measurers[index] ?? 0;
    return world.codeOf(world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner: 0, ...value })] } }));
  });
  return codes.at(-1);
}
const valuesOf = (world: World) => measuredValues(world.state.measures.of(0));
const miner = (world: World) => world.state.miners.at(0);
/** A network of three mixers, each of which owes many challenges and measures every line. */
const strict = (options: WorldOptions = {}) =>
  new World({
    mixers: 3,
    ...options,
    params: {
      epochBlocks: 48,
      receiptLifetimeBlocks: 40,
      cases: { ...worldParams.cases, gainPpb: 600_000_000 },
      challenges: { lambdaMilli: 20_000, alpha: 3, bandwidthCap: 1000n },
    },
  }).populate();
const judged = (world: World) => world.events.filter(({ type }) => type === 'challengeJudged');

describe('the challenges a mixer owes §8.1', () => {
  const draw = (lambdaMilli: number, count: number, seats?: number) =>
    Array.from({ length: count }, (_, i) => challengesOwed(sha256(littleEndian(i, 4)), lambdaMilli, seats));

  it('are Poisson(λ · 3 / seats)', () => {
    const count = 4000;
    for (const [seats, mean] of [
      [3, 5],
      [12, 1.25],
    ] as const) {
      const drawn = draw(5000, count, seats);
      let chance = Math.exp(-mean);
      for (let k = 0; k < 12; k++) {
        const seen = drawn.filter((owed) => owed === k).length / count;
        expect(Math.abs(seen - chance), `${seats} ${k}`).toBeLessThan(0.002 + 5 * Math.sqrt(chance / count));
        chance *= mean / (k + 1);
      }
    }
  });

  it('let a cheat that passes a tenth of them escape one mixer with 0.1736 at λ = 5, α = 3 (A10)', () => {
    const count = 4000;
    // Who passes each with τ fails Poisson(λ(1 − τ)) of them.
    const escaped = draw(4500, count).filter((failed) => failed < 3).length / count;
    expect(Math.abs(escaped - 0.1736)).toBeLessThan(5 * Math.sqrt(0.1736 / count));
  });

  it('are none without λ, and never without end', () => {
    expect(new Set(draw(0, 50))).toEqual(new Set([0]));
    expect(challengesOwed(new Uint8Array(96), 20_000)).toBeLessThanOrEqual(64);
  });
});

describe('reports §8.1', () => {
  it('of a line come from three mixers on average, whom nobody can tell before they show their reveals', () => {
    const world = new World({ mixers: 12 }).populate();
    let count = 0;
    const drawn = new Set<string>();
    for (let epoch = 0; epoch < 30; epoch++) {
      const measurers = measurersOf(world, 0, { latencyMs: 1 });
      count += measurers.length;
      drawn.add(measurers.join());
      world.finishEpoch();
    }
    // A mean of 3 with a variance of 2.25.
    expect(Math.abs(count / 30 - 3)).toBeLessThan(5 * Math.sqrt(2.25 / 30));
    expect(drawn.size).toBeGreaterThan(20);
  });

  it('are not of a miner that the mixer’s own account operates or owns', () => {
    const own = new World({ mixers: 3 });
    own.block(own.tx('minerA', 'registerMiner', own.registration({ owner: own.address('mixer1') })));
    expect(measurersOf(own, 0, { latencyMs: 1 })).toEqual([0, 2]);
  });

  it('are refused from others, twice, and for another epoch', () => {
    const world = new World({ mixers: 9 }).populate();
    const isNone = (mixer: number) => !measurersOf(world).includes(mixer) && world.state.mixers.at(mixer) !== undefined;
    while (measurersOf(world, 0, { latencyMs: 1 }).length < 1 || ![0, 1, 2, 3, 4, 5, 6, 7, 8].some(isNone)) {
      world.finishEpoch();
    }
    const [mixer = 0] = measurersOf(world, 0, { latencyMs: 1 });
    const stranger = [0, 1, 2, 3, 4, 5, 6, 7, 8].find(isNone) ?? 0;
    const send = (from: number, ...reports: ChallengeReport[]) =>
      world.codeOf(world.batchTx({ mixer: from, records: { reports } }));
    const report = world.report(mixer, { miner: 0, latencyMs: 7 });
    expect(send(stranger, world.report(stranger, { miner: 0 }))).toBe('REPORT_NOT_MEASURER');
    expect(send(mixer, { ...report, miner: 1 })).toBe('REPORT_NOT_MEASURER');
    expect(send(mixer, report, report)).toBe('REPORT_DUPLICATE');
    expect(send(mixer, report)).toBe('OK');
    expect(world.events.findLast(({ type }) => type === 'minerMeasured')).toMatchObject({ mixer, latencyMs: 7 });
    expect(send(mixer, report)).toBe('REPORT_DUPLICATE');
    const { epoch } = world.state.globals;
    world.finishEpoch();
    const late = world.batchTx({ mixer, epoch, records: { reports: [report] } });
    expect(world.codeOf(late)).toBe('REPORT_NOT_MEASURER');
  });

  it('hold nothing the reveal does not draw', () => {
    const world = new World({ mixers: 9 }).populate();
    for (const [found, other] of [
      [{ latencyMs: 5 }, { hashRate: 5n }],
      [{ hashRate: 5n }, { latencyMs: 5 }],
    ]) {
      const onlyOne = () => {
        const others = measurersOf(world, 0, other);
        return measurersOf(world, 0, found).find((mixer) => !others.includes(mixer));
      };
      while (onlyOne() === undefined) world.finishEpoch();
      const mixer = onlyOne() ?? 0;
      const send = (change: Measured) =>
        world.codeOf(world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner: 0, ...change })] } }));
      expect(send({ ...found, ...other })).toBe('REPORT_NOT_MEASURER');
      expect(send(found ?? {})).toBe('OK');
      world.finishEpoch();
    }
  });

  it('carry a reveal that only the mixer can make', () => {
    const world = new World({ keys: realKeys, mixers: 3 }).populate();
    const { reveal } = world.report(1, { miner: 0 });
    const send = (report: ChallengeReport) => world.codeOf(world.batchTx({ mixer: 0, records: { reports: [report] } }));
    expect(send({ ...world.report(0, { miner: 0 }), reveal })).toBe('REPORT_BAD_REVEAL');
    expect(send(world.report(0, { miner: 0 }))).toBe('OK');
  });
});

describe('measured values §8.4', () => {
  it('are the median over the mixers: one that lies moves nothing', () => {
    const world = strict();
    measure(world, { hashRate: 100n }, { hashRate: 1_000_000n }, { hashRate: 110n, latencyMs: 80 });
    expect(valuesOf(world)).toEqual({ hashRate: 110n, bandwidth: null, latencyMs: 80 });
  });

  it('are no hash rate by one mixer’s word, where the miner answers nothing that the others ask', () => {
    const world = strict();
    const silent = { asked: 1, right: 0 };
    measure(world, { hashRate: 10n ** 12n }, silent, silent);
    expect(valuesOf(world).hashRate).toBeNull();
    world.finishEpoch();
    measure(world, { hashRate: 10n ** 12n });
    expect(valuesOf(world).hashRate).toBeNull();
    world.finishEpoch();
    // Of who answered something that is disputed, and so not counted, nothing is known.
    measure(world, { asked: 1, disputed: [disputed()] }, { hashRate: 7n });
    expect(epochValues(world.state.measures.at(0)).hashRates).toEqual([7n, 10n ** 12n, 0n]);
  });

  it('are no hash rate of a miner that gives text alone, whom others can ask nothing fresh', () => {
    const world = strict();
    world.send('minerB', 'registerMiner', world.registration({ evidenceLevel: 0 }));
    world.block();
    const [mixer = 0] = measurersOf(world, 1, { hashRate: 1n });
    const report = world.report(mixer, { miner: 1, hashRate: 10n ** 12n });
    expect(world.codeOf(world.batchTx({ mixer, records: { reports: [report] } }))).toBe('OK');
    expect(world.state.measures.of(1)?.right).toBe(1);
    expect(measuredValues(world.state.measures.of(1)).hashRate).toBeNull();
  });

  it('are then the median over the last seven epochs with a value', () => {
    const world = strict();
    for (const bandwidth of [900n, 900n, 900n, 10n, 20n, 30n, 40n, 50n]) {
      measure(world, { bandwidth });
      world.finishEpoch();
    }
    world.finishEpoch();
    // 900, 900, 10, 20, 30, 40, 50: the first 900 is forgotten.
    expect(valuesOf(world).bandwidth).toBe(40n);
    measure(world, { bandwidth: 60n });
    // 900, 10, 20, 30, 40, 50, 60
    expect(valuesOf(world).bandwidth).toBe(40n);
    measure(world, {}, { bandwidth: 0n });
    expect(valuesOf(world).bandwidth).toBe(40n);
  });
});

describe('disputed challenges §8.6', () => {
  it('become tasks without session or price that are always audited, by nobody of their mixer', () => {
    const world = strict({ audit: { newMinerTasks: 0, floorPpb: 0, minRoutingTrustPpb: 1 } });
    const challenge = disputed();
    expect(reportDisputes(world, 0, challenge)).toBe('OK');
    expect(world.events).toContainEqual({
      type: 'challengeDisputed',
      taskId: challenge.taskId,
      miner: 0,
      mixer: 0,
      knownTaskId: challenge.knownTaskId,
    });
    const task = world.state.tasks.at(world.state.taskOf(challenge.taskId) ?? -1);
    expect(task).toMatchObject({ status: 'auditing', session: 0xffff_ffff, priceUnits: 0n, mixer: 0 });
    expect(world.auditorsOf(challenge.taskId)).toHaveLength(2);
    const own = strict({ validators: 2, validatorOperators: ['mixer0', 'validator1'] });
    const again = disputed();
    reportDisputes(own, 0, again);
    expect(own.auditorsOf(again.taskId)).toEqual([1]);
  });

  it('are refused when their task is known, or the miner could not have served it', () => {
    const world = strict();
    const receipt = world.receipt();
    const { taskId } = receipt;
    const send = (...challenges: ReturnType<typeof disputed>[]) =>
      world.codeOf(
        world.batchTx({
          receipts: [receipt],
          records: { reports: [world.report(0, { miner: 0, disputed: challenges })] },
        }),
      );
    const same = disputed();
    for (const bad of [
      [disputed({ taskId })],
      [same, same],
      [disputed({ model: 1 })],
      [disputed({ model: 9 })],
      [disputed({ tokensIn: 2040, tokensOut: 9 })],
    ]) {
      expect(send(...bad)).toBe('REPORT_BAD_DISPUTE');
    }
    expect(send(same)).toBe('OK');
    world.finishEpoch();
    expect(reportDisputes(world, 1, same)).toBe('REPORT_BAD_DISPUTE');
  });

  it('can be rated by nobody, and are forgotten with their audits', () => {
    const world = strict();
    const { taskId } = disputed();
    reportDisputes(world, 0, disputed({ taskId }));
    auditAll(world, taskId, honest);
    expect(world.send('payer', 'feedback', { taskId, rating: 5 })).toBe('NOT_PAYER');
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect([world.state.taskOf(taskId), world.state.auditOf(taskId)]).toEqual([undefined, undefined]);
    expect(world.state.disputes.length).toBe(0);
  });
});

describe('failed challenges §8.5, §8.7', () => {
  it('are those that auditors find failed, and each is a failure in the miner’s record', () => {
    const world = strict();
    const challenges = [disputed(), disputed()];
    reportDisputes(world, 0, ...challenges);
    expect(miner(world)).toMatchObject({ forfeits: false, epochFailed: 0, cusumMilli: 0 });
    for (const [index, { taskId }] of challenges.entries()) {
      auditAll(world, taskId, index === 0 ? softFailure : hardFailure);
    }
    expect(judged(world)).toMatchObject([{ verdict: 'soft' }, { verdict: 'hard' }]);
    expect(miner(world)).toMatchObject({ epochFailed: 2, rejected: 2, audited: 2, cusumMilli: 9400, forfeits: false });
    expect(world.state.measures.of(0)).toMatchObject({ failed: 2 });
    // No case: no payer was harmed. No trace in the model's record.
    expect([world.state.cases.length, world.state.models.at(0).epochFailed]).toEqual([0, 0]);
  });

  it('leave no trace when nobody could check them, when the artifact is withheld, and when they pass', () => {
    const world = strict();
    const before = miner(world);
    for (const numbers of [unchecked('noResult'), unchecked('noArtifact'), honest]) {
      const challenge = disputed();
      expect(reportDisputes(world, 0, challenge)).toBe('OK');
      auditAll(world, challenge.taskId, numbers);
      world.finishEpoch();
    }
    expect(judged(world)).toMatchObject([{ verdict: 'noResult' }, { verdict: 'noResult' }, { verdict: 'pass' }]);
    const { weakPeriods, standingEpoch } = miner(world);
    expect(miner(world)).toEqual({ ...before, weakPeriods, standingEpoch });
  });

  it('cost the emission of the period when they are α in the epoch of their verdicts, of whatever mixers', () => {
    const world = strict();
    const challenges = [disputed(), disputed(), disputed()];
    const [first, ...others] = challenges;
    if (first === undefined) throw new Error('no challenge');
    reportDisputes(world, 0, first);
    reportDisputes(world, 1, ...others);
    const ids = challenges.map(({ taskId }) => taskId);
    auditAll(world, ids, softFailure);
    expect(miner(world)).toMatchObject({ forfeits: true, epochFailed: 3 });
    expect(world.events.filter(({ type }) => type === 'challengesFailed')).toEqual([
      { type: 'challengesFailed', miner: 0, failed: 3 },
    ]);
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    expect(miner(world)).toMatchObject({ forfeits: false, level: 0 });
    // In the next epoch they are counted again.
    const again = disputed();
    reportDisputes(world, 0, again);
    auditAll(world, again.taskId, softFailure);
    expect(world.state.measures.of(0)).toMatchObject({ failed: 1, epoch: world.state.globals.epoch });
  });
});

describe('a known answer that proves wrong §8.8', () => {
  /** Miner 0 answered a task, which was approved; a challenge of another answer to it passes. */
  function contradicted(untilHeight = 0) {
    const world = strict();
    world.send('minerB', 'registerMiner', world.registration());
    world.block(world.batchTx());
    const receipt = world.receipt();
    world.certify(receipt);
    auditAll(world, receipt.taskId, honest);
    while (world.height < untilHeight) world.block(world.batchTx());
    const challenge = disputed({ knownTaskId: receipt.taskId });
    const report = world.report(1, { miner: 1, disputed: [challenge] });
    expect(world.codeOf(world.batchTx({ mixer: 1, records: { reports: [report] } }))).toBe('OK');
    for (let i = 0; i < world.state.params.audit.drawDelayBlocks; i++) world.block(world.batchTx({ mixer: 1 }));
    const record = world.state.miners.at(1);
    auditAll(world, challenge.taskId, honest);
    expect(world.state.miners.at(1)).toEqual(record);
    world.block(world.batchTx());
    return { world, receipt, challenge };
  }
  const reopened = (world: World) => world.events.filter(({ type }) => type === 'auditReopened');

  it('is audited again, and the failure counts as its maker’s, with the price given back while it is pending', () => {
    const { world, receipt, challenge } = contradicted();
    const { taskId, priceUnits } = receipt;
    expect(reopened(world)).toEqual([{ type: 'auditReopened', taskId, challengeTaskId: challenge.taskId }]);
    const [rejected, escrowUnits] = [miner(world).rejected, world.state.sessions.at(0).escrowUnits];
    auditAll(world, taskId, hardFailure);
    expect(world.events).toContainEqual({ type: 'taskReaudited', taskId, verdict: 'hard' });
    expect(miner(world)).toMatchObject({ rejected: rejected + 1, hardFailures: 1, epochFailed: 1 });
    expect(world.state.sessions.at(0).escrowUnits).toBe(escrowUnits + priceUnits);
    expect(world.state.cases.at(0)).toMatchObject({ subject: taskId, role: 0 });
  });

  it('keeps its price when that was paid already', () => {
    const { world, receipt } = contradicted(50);
    const { escrowUnits } = world.state.sessions.at(0);
    auditAll(world, receipt.taskId, softFailure);
    expect(miner(world)).toMatchObject({ rejected: 1, epochFailed: 1 });
    expect(world.state.sessions.at(0).escrowUnits).toBe(escrowUnits);
  });

  it('changes nothing when it passes again or its artifact is gone, and is not audited a third time', () => {
    const { world, receipt } = contradicted();
    const before = miner(world);
    auditAll(world, receipt.taskId, unchecked('noArtifact'));
    const audit = world.state.audits.at(world.state.auditOf(receipt.taskId) ?? -1);
    expect(audit).toMatchObject({ isSecond: true, verdict: 'noResult' });
    expect(miner(world)).toEqual(before);
    const again = disputed({ knownTaskId: receipt.taskId });
    reportDisputes(world, 0, again);
    auditAll(world, again.taskId, honest);
    expect(reopened(world)).toHaveLength(1);
  });

  it('is not lost while its second audit is under way', () => {
    // The epoch that forgets the task ends meanwhile.
    const { world, receipt } = contradicted(87);
    expect([world.height < 95, world.state.openAudits.size]).toEqual([true, 1]);
    for (let blocks = 0; blocks < 60 && world.state.openAudits.size > 0; blocks++) {
      expect(world.state.taskOf(receipt.taskId)).toBeDefined();
      world.block(world.batchTx());
    }
    expect(world.height).toBeGreaterThan(95);
    expect(world.events.some((event) => event.type === 'taskReaudited')).toBe(true);
    world.finishEpoch();
    expect(world.state.taskOf(receipt.taskId)).toBeUndefined();
  });
});

describe('what a mixer’s reveal draws §8.1', () => {
  it('is nothing of a miner or from a mixer that is not there', () => {
    const world = strict();
    const { reveal } = world.report(0, { miner: 0 });
    const none = { owed: 0, isOfLine: false };
    expect(measuringOf(world.state, { mixer: 0, reveal }, 9)).toEqual(none);
    expect(measuringOf(world.state, { mixer: 9, reveal }, 0)).toEqual(none);
  });
});
