import { type AuditNumbers, noProfile } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plantStage } from '../audit/plants.ts';
import { plantTx } from '../testing/audits.fixture.ts';
import { noiseProfile } from '../testing/models.fixture.ts';
import { checked, unchecked, World } from '../testing/world.fixture.ts';

const modelLimitPpb = 35_000_000;
const ppm = 1_000_000;
/** What those who measure alike differ by, of what they measure. */
const measuredPpm = 7000;

const lie = fc.oneof(
  fc.nat(200_000_000).map(checked),
  fc.nat(200_000_000).map((t1Ppb): AuditNumbers => ({ ...checked(t1Ppb), choiceMismatches: 20 })),
  fc
    .constantFrom('malformed', 'noResult', 'noArtifact', 'otherEngine')
    .map((finding) => unchecked(finding as 'noResult')),
);

/** What is measured of an answer by an engine that is the miner's, and by one that is not. */
const answer = fc.record({
  kind: fc.constantFrom('right', 'planted', 'wrong'),
  own: fc.integer({ min: 40_000_000, max: 150_000_000 }),
  other: fc.integer({ min: 10_000_000, max: 150_000_000 }),
});

const panel = fc
  .record({
    answer,
    validators: fc.integer({ min: 3, max: 6 }),
    /** Of each validator: where in what is honest its number lies, whether its engine is another, what it lies. */
    each: fc.array(fc.record({ noisePpm: fc.nat(ppm), isOther: fc.boolean(), lie }), { minLength: 6, maxLength: 6 }),
    liars: fc.integer({ min: 0, max: 2 }),
    /** Whether the liars have agreed on what to say. */
    isPlot: fc.boolean(),
    opens: fc.boolean(),
    /** Whether numbers of a right answer may be above the limit, as they seldom are. */
    isNoisy: fc.boolean(),
  })
  // With more than these the liars are as many as convict by themselves, or need one error to be.
  .map((all) => ({ ...all, liars: Math.min(all.liars, all.validators > 3 && !all.isNoisy ? 2 : 1) }));

type Panel = typeof panel extends fc.Arbitrary<infer Value> ? Value : never;

function honestNumbers({ answer: { kind, ...far }, each, isNoisy }: Panel, validator: number): AuditNumbers {
  const { noisePpm = 0, isOther = false } = each[validator] ?? {};
  const limitPpb = isOther ? noiseProfile.t1LimitPpb : modelLimitPpb;
  const most = limitPpb * (isNoisy ? 3 : 1);
  const measured = isOther ? far.other : far.own;
  const near = Math.floor((most * noisePpm) / ppm);
  const t1Ppb = kind === 'right' ? near : measured + Math.floor((measured * measuredPpm * noisePpm) / ppm / ppm);
  const numbers = { ...checked(t1Ppb), profile: isOther ? 0 : noProfile };
  return kind === 'wrong' ? { ...numbers, choiceMismatches: numbers.positions } : numbers;
}

/** Plays the audit of one answer to its end; gives who is accused. */
function accusedIn(all: Panel): number[] {
  const world = new World({
    validators: all.validators,
    params: { epochBlocks: 256 },
    edit: (genesis) => ({ ...genesis, profiles: [noiseProfile] }),
  }).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  const { taskId } = receipt;
  const audit = () => world.state.audits.at(world.state.auditOf(taskId) ?? -1);
  const said = (validator: number) =>
    validator < all.liars ? (all.each[all.isPlot ? 0 : validator]?.lie ?? checked(0)) : honestNumbers(all, validator);
  let opened = !all.opens;
  for (;;) {
    const drawn = audit().auditors.flatMap(({ state, validator }) => (state === 'drawn' ? [validator] : []));
    if (drawn.length > 0) world.audit(taskId, new Map(drawn.map((each) => [each, said(each)])));
    else if (!opened && plantStage(world.state, taskId) !== null) {
      expect(world.codeOf(plantTx(world, taskId))).toBe('OK');
      opened = true;
    } else if (audit().verdict === 'open') world.block(world.batchTx());
    else break;
  }
  return [...world.state.cases].flatMap(({ kind, role }) => (kind === 'validator' ? [role] : []));
}

describe('what an honest auditor says §10.21, §10.27', () => {
  it('is never false, whatever two others say, by whatever engine, and whether or not the miner opens a seal', () => {
    fc.assert(
      fc.property(panel, (all) => {
        expect(accusedIn(all).filter((validator) => validator >= all.liars)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
