import { Artifact, limits, plantedRoot, sealOf } from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDistributions, probabilityPpb, reportedAt } from '../audit/distribution.ts';
import { noSurprise } from '../audit/surprise.ts';
import type { GeneratedToken } from '../ports/inference.ts';
import { SimulatedRuntime } from '../simulated/runtime.ts';
import { windowsOf } from './artifact.ts';
import { Plant } from './plants.ts';
import { isChosenUnder, Shapes, shapeOf } from './shapes.ts';

/** A token with its alternatives, most likely first; half of the time it is none of them. */
const token = fc
  .record({
    weights: fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 6, maxLength: 9 }),
    at: fc.nat(9),
  })
  .map(({ weights, at }): GeneratedToken => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const ranked = weights
      .toSorted((a, b) => b - a)
      .map((weight, id) => ({ id, text: '', negLogprobMicro: Math.round(-Math.log(weight / sum) * 1e6) }));
    const chosen = ranked[Math.min(at, ranked.length - 1)];
    return { id: 0, text: '', negLogprobMicro: 0, ...chosen, top: ranked.slice(0, 5) };
  });

const many = fc.array(token, { minLength: 1, maxLength: 70 });
const greedy = { temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const samplings = fc.record({
  temperatureMicro: fc.constantFrom(0, 500_000, 1_000_000, 1_500_000),
  topPMicro: fc.constantFrom(700_000, 1_000_000),
  topK: fc.constantFrom(0, 3),
  minPMicro: fc.constantFrom(0, 50_000),
  seed: fc.nat(1000),
});

function shapesOf(tokens: readonly GeneratedToken[]): Shapes {
  const shapes = new Shapes();
  for (const each of tokens) shapes.add(each, random);
  return shapes;
}

const artifactOf = (tokens: readonly GeneratedToken[], seal: Uint8Array): Artifact => ({
  ...Artifact.defaultValue(),
  windows: windowsOf(tokens),
  seal,
});

const random = new SimulatedRuntime({ seed: 7 }).random('test');

/** A log rounded to millionths is off by half of one, and so are five of them together; and each by half a part. */
const roundedPpb = 503;

describe('a plant (verification §1.7)', () => {
  it('says other numbers of the same tokens, right in form, that repeat none and contradict no seed', () => {
    fc.assert(
      fc.property(many, many, samplings, (earlier, tokens, sampling) => {
        const plant = new Plant(shapesOf(earlier), sampling, random);
        const given = tokens.map((each) => plant.disguise(each));
        for (const [i, each] of given.entries()) {
          const { id, top, negLogprobMicro } = each;
          expect([id, ...top.map((entry) => entry.id)]).toEqual([
            tokens[i]?.id,
            ...(tokens[i]?.top ?? []).slice(0, limits.topLogprobs).map((entry) => entry.id),
          ]);
          const listed = top.find((entry) => entry.id === id)?.negLogprobMicro;
          const last = top.at(-1)?.negLogprobMicro ?? 0;
          expect(listed === undefined ? negLogprobMicro >= last : negLogprobMicro === listed).toBe(true);
          expect(top.every((entry, rank) => entry.negLogprobMicro >= (top[rank - 1]?.negLogprobMicro ?? 0))).toBe(true);
          expect(top.reduce((sum, entry) => sum + probabilityPpb(entry.negLogprobMicro), 0)).toBeLessThan(
            1e9 + roundedPpb,
          );
        }
        for (const [step, each] of given.entries()) {
          if (each === tokens[step]) continue;
          const rank = each.top.findIndex(({ id }) => id === each.id);
          expect(isChosenUnder(shapeOf(each), { rank, step, sampling })).toBe(true);
          expect([...earlier, ...tokens].map((other) => shapeOf(other).join())).not.toContain(shapeOf(each).join());
        }
        const artifact = artifactOf(given, plant.seal);
        const truth = tokens.map(({ top }) => ({
          probabilitiesPpb: top.map((entry) => probabilityPpb(entry.negLogprobMicro)),
          leadMicro: 0,
          choiceMarginMicro: 0,
          ...noSurprise,
        }));
        const reported = tokens.map((_, index) => reportedAt(artifact, index));
        const { t1Ppb } = compareDistributions(reported, truth, 0);
        expect(Math.abs(plant.kept(artifact).t1Ppb - t1Ppb)).toBeLessThan(2);
      }),
    );
  });

  it('is opened by its salt alone', () => {
    const artifact = artifactOf([], new Plant(new Shapes(), greedy, random).seal);
    const plant = new Plant(new Shapes(), greedy, random);
    const { opening } = plant.kept(artifactOf([], plant.seal));
    const root = Artifact.hashTreeRoot(artifactOf([], plant.seal));
    expect(plantedRoot(opening.salt, opening.path)).toEqual(root);
    expect(sealOf(opening.salt)).toEqual(plant.seal);
    expect(plantedRoot(sha256(opening.salt), opening.path)).not.toEqual(root);
    expect(plantedRoot(opening.salt, opening.path)).not.toEqual(Artifact.hashTreeRoot(artifact));
  });
});
