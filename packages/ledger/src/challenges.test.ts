import { type ChallengeReport, caseCauses, littleEndian, sha256 } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll } from './audits.fixture.ts';
import { challengesOwed, measurersOf } from './challenges.ts';
import { measuredValues } from './measured.ts';
import { honest, realKeys, World, type WorldOptions } from './world.fixture.ts';

type Measured = Partial<Omit<ChallengeReport, 'miner' | 'reveal'>>;

/** Lets the first of a miner's measurers report; gives the code of the last report. */
function measure(world: World, ...values: readonly Measured[]) {
  const measurers = measurersOf(world.state, 0).map((seat) => seat.mixer);
  const codes = values.map((value, place) => {
    const mixer = measurers[place] ?? 0;
    return world.codeOf(world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner: 0, ...value })] } }));
  });
  return codes.at(-1);
}
const valuesOf = (world: World) => measuredValues(world.state.measures.of(0));
const miner = (world: World) => world.state.miners.at(0);
/** A network in which every mixer owes many challenges. */
const strict = (options: WorldOptions = {}) =>
  new World({ params: { challenges: { lambdaMilli: 20_000, alpha: 3, bandwidthCap: 1000n } }, ...options }).populate();

describe('the challenges a mixer owes §8.1', () => {
  const draw = (lambdaMilli: number, count: number) =>
    Array.from({ length: count }, (_, i) => challengesOwed(sha256(littleEndian(i, 4)), lambdaMilli));

  it('are Poisson(λ)', () => {
    const count = 4000;
    const drawn = draw(5000, count);
    let chance = Math.exp(-5);
    for (let k = 0; k < 12; k++) {
      const seen = drawn.filter((owed) => owed === k).length / count;
      expect(Math.abs(seen - chance), `${k}`).toBeLessThan(5 * Math.sqrt(chance / count));
      chance *= 5 / (k + 1);
    }
  });

  it('let a cheat that passes a tenth of them escape with 0.1736 at λ = 5, α = 3 (A10)', () => {
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
  it('come from the three mixers the beacon draws for miner and epoch, and not from its own people', () => {
    const world = new World({ mixers: 6 }).populate();
    const first = measurersOf(world.state, 0).map((seat) => seat.mixer);
    expect(new Set(first).size).toBe(3);
    const drawn = new Set<string>();
    for (let epoch = 0; epoch < 12; epoch++) {
      drawn.add(
        measurersOf(world.state, 0)
          .map((seat) => seat.mixer)
          .toSorted()
          .join(),
      );
      world.block(world.batchTx());
      world.finishEpoch();
    }
    expect(drawn.size).toBeGreaterThan(3);
    const own = new World({ mixers: 3 });
    own.block(own.tx('minerA', 'registerMiner', own.registration({ owner: own.address('mixer1') })));
    expect(
      measurersOf(own.state, 0)
        .map((seat) => seat.mixer)
        .toSorted(),
    ).toEqual([0, 2]);
  });

  it('are refused from others, twice, for another epoch, and with more failures than were owed', () => {
    const world = new World({ mixers: 5 }).populate();
    const measurers = measurersOf(world.state, 0).map((seat) => seat.mixer);
    const [mixer = 0] = measurers;
    const stranger = [0, 1, 2, 3, 4].find((each) => !measurers.includes(each)) ?? 0;
    const send = (from: number, ...reports: ChallengeReport[]) =>
      world.codeOf(world.batchTx({ mixer: from, records: { reports } }));
    const report = world.report(mixer, { miner: 0 });
    const owed = challengesOwed(report.reveal, world.state.params.challenges.lambdaMilli);
    expect(send(stranger, world.report(stranger, { miner: 0 }))).toBe('REPORT_NOT_MEASURER');
    expect(send(mixer, { ...report, miner: 1 })).toBe('REPORT_NOT_MEASURER');
    expect(send(mixer, { ...report, failed: owed + 1 })).toBe('REPORT_TOO_MANY_FAILURES');
    expect(send(mixer, report, report)).toBe('REPORT_DUPLICATE');
    expect(send(mixer, { ...report, failed: owed })).toBe('OK');
    expect(world.events.find(({ type }) => type === 'minerMeasured')).toMatchObject({ mixer, owed, failed: owed });
    expect(send(mixer, report)).toBe('REPORT_DUPLICATE');
    world.finishEpoch();
    const late = world.batchTx({ mixer, epoch: 0, records: { reports: [report] } });
    expect(world.codeOf(late)).toBe('REPORT_NOT_MEASURER');
  });

  it('carry a reveal that only the mixer can make', () => {
    const world = new World({ keys: realKeys, mixers: 3 }).populate();
    const [mixer = 0, other = 0] = measurersOf(world.state, 0).map((seat) => seat.mixer);
    const { reveal } = world.report(other, { miner: 0 });
    const send = (report: ChallengeReport) => world.codeOf(world.batchTx({ mixer, records: { reports: [report] } }));
    expect(send({ ...world.report(mixer, { miner: 0 }), reveal })).toBe('REPORT_BAD_REVEAL');
    expect(send(world.report(mixer, { miner: 0 }))).toBe('OK');
  });
});

describe('measured values §8.4', () => {
  it('are the median over the mixers: one that lies moves nothing', () => {
    const world = new World().populate();
    measure(world, { hashRate: 100n }, { hashRate: 1_000_000n }, { hashRate: 110n, latencyMs: 80 });
    expect(valuesOf(world)).toEqual({ hashRate: 110n, bandwidth: null, latencyMs: 80 });
  });

  it('are then the median over the last seven epochs with a value', () => {
    const world = new World().populate();
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

describe('failed challenges §8.5', () => {
  it('are punished when most of the measurers count α of them, once', () => {
    const world = strict();
    expect(measure(world, { failed: 3 })).toBe('OK');
    expect(miner(world)).toMatchObject({ forfeits: false, epochFailed: 0, cusumMilli: 0 });
    const [, second = 0, third = 0] = measurersOf(world.state, 0).map((seat) => seat.mixer);
    const report = (mixer: number, failed: number) =>
      world.block(world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner: 0, failed })] } }));
    report(second, 5);
    expect(miner(world)).toMatchObject({ forfeits: true, epochFailed: 1, cusumMilli: 3400, streak: 0 });
    report(third, 4);
    expect(miner(world)).toMatchObject({ epochFailed: 1, cusumMilli: 3400 });
    expect(world.events.filter(({ type }) => type === 'challengesFailed')).toHaveLength(1);
  });

  it('are not, when a mixer counts them alone', () => {
    const world = strict();
    measure(world, { failed: 2 }, { failed: 4 }, { failed: 0 });
    expect(miner(world)).toMatchObject({ forfeits: false, epochFailed: 0 });
  });

  it('cost the emission of the period, trust and a level, and eject who goes on', () => {
    const world = strict();
    const receipt = world.receipt();
    world.certify(receipt);
    auditAll(world, receipt.taskId, honest);
    measure(world, { failed: 3 }, { failed: 3 });
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    expect(close?.revenueUnits).toBeGreaterThan(0n);
    expect(miner(world)).toMatchObject({ forfeits: false, level: 0 });
    for (let epoch = 0; epoch < 4; epoch++) {
      measure(world, { failed: 3 }, { failed: 3 });
      world.finishEpoch();
    }
    expect(world.events.some((event) => event.type === 'minerHeld')).toBe(true);
    // No case but that of the ejection: no payer was harmed.
    expect([...world.state.cases].map(({ cause }) => cause)).toEqual([caseCauses.ejection]);
  });
});
