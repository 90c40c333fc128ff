import { Artifact, limits, plantedRoot, sealOf, sha256 } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDistributions, probabilityPpb, reportedAt } from '../../audit/distribution.ts';
import type { GeneratedToken } from '../../inference/port.ts';
import { windowsOf } from './artifact.ts';
import { Plant } from './plants.ts';

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

const artifactOf = (tokens: readonly GeneratedToken[], seal: Uint8Array): Artifact => ({
  ...Artifact.defaultValue(),
  ...{ windows: windowsOf(tokens), seal },
});

const salt = sha256(new TextEncoder().encode('salt'));

describe('a plant (verification §1.7)', () => {
  it('says other numbers of the same tokens, right in form, and knows how far they are off', () => {
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 70 }), (tokens) => {
        const plant = new Plant(salt);
        const given = tokens.map((each) => plant.disguise(each));
        for (const [i, each] of given.entries()) {
          const { id, top, negLogprobMicro } = each;
          expect([id, ...top.map((place) => place.id)]).toEqual([
            tokens[i]?.id,
            ...(tokens[i]?.top ?? []).slice(0, limits.topLogprobs).map((place) => place.id),
          ]);
          const listed = top.find((place) => place.id === id)?.negLogprobMicro;
          const last = top.at(-1)?.negLogprobMicro ?? 0;
          expect(listed === undefined ? negLogprobMicro >= last : negLogprobMicro === listed).toBe(true);
          expect(top.every((place, rank) => place.negLogprobMicro >= (top[rank - 1]?.negLogprobMicro ?? 0))).toBe(true);
          expect(top.reduce((sum, place) => sum + probabilityPpb(place.negLogprobMicro), 0)).toBeLessThan(1e9 + 10);
        }
        const artifact = artifactOf(given, plant.seal);
        const truth = tokens.map(({ top }) => ({
          probabilitiesPpb: top.map((place) => probabilityPpb(place.negLogprobMicro)),
          ...{ argmaxId: top[0]?.id ?? 0, isChoice: true },
        }));
        const reported = tokens.map((_, index) => reportedAt(artifact, index));
        const { t1Ppb } = compareDistributions(reported, truth);
        expect(Math.abs(plant.kept(artifact).t1Ppb - t1Ppb)).toBeLessThan(2);
      }),
    );
  });

  it('is opened by its salt alone', () => {
    const artifact = artifactOf([], new Plant(sha256()).seal);
    const plant = new Plant(salt);
    const { opening } = plant.kept(artifactOf([], plant.seal));
    const root = Artifact.hashTreeRoot(artifactOf([], plant.seal));
    expect(plantedRoot(opening.salt, opening.path)).toEqual(root);
    expect(sealOf(opening.salt)).toEqual(plant.seal);
    expect(plantedRoot(sha256(opening.salt), opening.path)).not.toEqual(root);
    expect(plantedRoot(opening.salt, opening.path)).not.toEqual(Artifact.hashTreeRoot(artifact));
  });
});
