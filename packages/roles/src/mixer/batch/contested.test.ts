import { type Attestation, Receipt, TaskEvidence, Transition, TransitionEvidence } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { ofReceipt, ofTransition } from '../attestations.ts';
import { Answers, type Refusal } from './contested.ts';

const receipt = (miner: number, firstTokenMs = 1000, totalMs = 3000): Attestation =>
  ofReceipt({
    receipt: { ...Receipt.defaultValue(), miner, firstTokenMs, totalMs },
    evidence: TaskEvidence.defaultValue(),
  });
const refusal = (mixer: number, invalid: number[], slower: Refusal['slower'] = []): Refusal => ({
  mixer,
  invalid,
  slower,
  reason: 'it refuses',
});
const slower = (firstTokenMs: number, totalMs: number, index = 0) => [{ index, firstTokenMs, totalMs }];

const signersOf = (count: number) => new Set(Array.from({ length: count }, (_, i) => 100 + i));

/** What follows from the answers to a first offer, where so many have signed, the issuer with them. */
function sortOut(
  offer: readonly Attestation[],
  refusals: readonly Refusal[],
  { total, signed }: { readonly total: number; readonly signed: number },
) {
  const answers = new Answers(offer, total);
  const refused = answers.hear(offer, signersOf(signed - 1), refusals);
  return { offered: answers.next(), refused };
}

/** Seven seats, of which five are a quorum. */
const total = 7;
const all = [receipt(0), receipt(1), receipt(2)] as const;

describe('what a mixer offers again (§14.12)', () => {
  it('is all that nobody names', () => {
    const sorted = sortOut(all, [refusal(4, [0]), refusal(5, [0]), refusal(6, [0])], { total, signed: 4 });
    expect(sorted.offered).toEqual([all[1], all[2]]);
    expect(sorted.refused).toMatchObject([{ reasons: [4, 5, 6].map((mixer) => `mixer ${mixer}: it refuses`) }]);
  });

  it('is what a quorum can sign without those that refuse it: three that name one each delay two at most', () => {
    const refusals = [refusal(4, [0]), refusal(5, [1]), refusal(6, [2])];
    const sorted = sortOut(all, refusals, { total, signed: 4 });
    expect(sorted).toEqual({ offered: [all[0], all[1]], refused: [] });
    expect(sortOut(all.slice(2), refusals.slice(2), { total, signed: 6 }).offered).toEqual([all[2]]);
  });

  it('leaves out what one names and not what two liars do, who name the rest', () => {
    const refusals = [refusal(4, [0]), refusal(5, [1, 2]), refusal(6, [1, 2])];
    expect(sortOut(all, refusals, { total, signed: 4 }).offered).toEqual([all[1], all[2]]);
  });

  it('counts on nobody that does not sign what it had let pass, and does without what others refuse', () => {
    const answers = new Answers(all, 4);
    answers.hear(all, signersOf(1), [refusal(3, [0]), refusal(6, [2])]);
    const second = answers.next();
    expect(second).toEqual(all.slice(0, 2));
    answers.hear(second, signersOf(1), [refusal(3, [0]), refusal(6, [1])]);
    expect(answers.next()).toEqual(all.slice(1));
  });

  it('counts on nobody that names no place of it', () => {
    const answers = new Answers(all, 4);
    answers.hear(all, signersOf(1), [refusal(3, [0]), refusal(6, [77])]);
    expect(answers.next()).toEqual(all.slice(1));
  });

  it('leaves out what liars name while others are away, and refuses nothing for it', () => {
    const sorted = sortOut(all, [refusal(6, [0, 1, 2])], { total, signed: 4 });
    expect(sorted).toEqual({ offered: [], refused: [] });
  });

  it('is left to those that answer about its contents', () => {
    const notItsTurn = [4, 5, 6].map((mixer) => refusal(mixer, []));
    expect(sortOut(all, notItsTurn, { total, signed: 4 })).toEqual({ offered: all, refused: [] });
  });
});

describe('a receipt that names less time than others heard (§15.20)', () => {
  const timesOf = (refusals: readonly Refusal[]) =>
    sortOut([receipt(0)], refusals, { total, signed: total - refusals.length }).refused.map(({ attestation }) => {
      if (attestation.kind !== 'receipt') return null;
      const { firstTokenMs, totalMs } = attestation.value.receipt;
      return [firstTokenMs, totalMs];
    });

  it('is offered again with the least that enough of them sign: a third that lies makes no miner slower', () => {
    const honest = [slower(2500, 4000), slower(2600, 4100), slower(2700, 4200)];
    expect(timesOf(honest.map((each, i) => refusal(i, [0], each)))).toEqual([[2500, 4000]]);
    const liars = [slower(90_000, 90_000), slower(90_000, 90_000)];
    const both = [...liars, ...honest].map((each, i) => refusal(i, [0], each));
    expect(timesOf(both)).toEqual([[2700, 4200]]);
  });

  it('is as it was where they say something else, and where few say so', () => {
    expect(timesOf([refusal(0, [0]), refusal(1, [0]), refusal(2, [0])])).toEqual([[1000, 3000]]);
    expect(timesOf([refusal(0, [0], slower(9000, 9000)), refusal(1, [0], slower(9000, 9000))])).toEqual([]);
  });

  it('never ends before its first token', () => {
    const heard = slower(5000, 0);
    expect(timesOf([0, 1, 2].map((mixer) => refusal(mixer, [0], heard)))).toEqual([[5000, 5000]]);
  });

  it('is the only thing that has times', () => {
    const late = ofTransition({
      transition: Transition.defaultValue(),
      evidence: TransitionEvidence.defaultValue(),
    });
    const refusals = [0, 1, 2].map((mixer) => refusal(mixer, [0], slower(1, 1)));
    expect(sortOut([late], refusals, { total, signed: 4 }).refused).toMatchObject([{ attestation: late }]);
  });
});
