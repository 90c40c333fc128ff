import { devnetParams } from '@assay/node/devnet/genesis';
import { type AuditNumbers, noNumbers } from '@assay/protocol';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { curvesSvg } from './curves.ts';
import { errorCurves } from './epochs.ts';
import { liveMiner } from './life.ts';
import { bestPlan } from './worth.ts';

const checked: AuditNumbers = { ...noNumbers, finding: 'checked', positions: 64 };
const findings = { honest: [checked], cheating: [{ ...checked, choiceMismatches: 30 }] };
const randomOf = (name: string) => new SimulatedRuntime({ seed: 1, log: () => {} }).random(name);
const options = { params: devnetParams, t1ThresholdPpb: 40_000_000, findings, requestsPerEpoch: 100 };

describe('the life of a miner under the ledger’s rules', () => {
  it('goes on while it is honest, and is audited the less the longer', () => {
    const life = liveMiner({ ...options, requests: 10_000, cheats: () => false, random: randomOf('honest') });
    expect(life).toMatchObject({ served: 10_000, cheated: 0, failed: 0, auditsUntilHeld: null });
    expect(life.audited).toBeGreaterThan(200);
    expect(life.audited).toBeLessThan(1500);
  });

  it('ends with the third audit that finds garbage (verification §4.5)', () => {
    const life = liveMiner({ ...options, requests: 10_000, cheats: () => true, random: randomOf('cheat') });
    expect(life).toMatchObject({ auditsUntilHeld: 3, failed: 3, honestFailed: 0 });
  });

  it('is worth less with any plan to cheat than without (economics §6.3)', () => {
    const { worth, error } = bestPlan({ ...options, requests: 1000, lives: 4, random: randomOf('plans') });
    expect(worth + 3 * error).toBeLessThan(0);
  }, 60_000);
});

describe('counted error curves (A10)', () => {
  const points = errorCurves(
    { lambda: 5, tau: 0.1, f: 0.01 },
    { epochs: 4000, mostAlpha: 6, random: randomOf('epochs') },
  );

  it('hold the Poisson formula within their intervals, nearly all', () => {
    const misses = points.filter(
      ({ escapes, formula }) => formula.escapes < escapes.low || formula.escapes > escapes.high,
    );
    expect(misses.length).toBeLessThan(2);
    expect(points[2]?.formula.escapes).toBeCloseTo(0.1736, 4);
  });

  it('are drawn as an image', () => {
    const svg = curvesSvg(points, 'both errors');
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });
});
