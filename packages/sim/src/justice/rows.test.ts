import { devnetParams } from '@assay/node/devnet/genesis';
import { type AuditNumbers, noNumbers } from '@assay/protocol';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { confirmedRow, cooledRow, detectionRow, type Ground, honestRow, overheadRow, preFillRow } from './rows.ts';

const found = (change: Partial<AuditNumbers>): AuditNumbers => ({
  ...noNumbers,
  finding: 'checked',
  positions: 64,
  ...change,
});

function ground(honest: readonly AuditNumbers[], scale = 0.01): Ground {
  const runtime = new SimulatedRuntime({ seed: 1, log: () => {} });
  const real = { seeded: honest, byChance: [], tokens: 1, writtenMs: 1, auditedMs: 1 };
  return {
    params: devnetParams,
    t1ThresholdPpb: 40_000_000,
    real: { honest: real, requantised: real, layerCut: real, smaller: real },
    cooled: [],
    overhead: [],
    random: runtime.random('justice'),
    scale,
  };
}

describe('rows of the table', () => {
  it('say which answers they leave out', () => {
    const long = Array.from({ length: 50 }, () => found({ t1Ppb: 130_000_000 }));
    const short = Array.from({ length: 50 }, () => found({ positions: 63 }));
    const { note, found: counted } = detectionRow('4 bits', [...long, ...short], 0.9, ground([found({})]));
    expect(counted).toContain('of 50');
    expect(note).toContain('50 shorter answers left out');
  });

  it('count what is caught within so many tokens, and not after', () => {
    // Two mismatches in each 64 positions are too many in the third audit, after 192 tokens.
    const late = [found({ choiceMismatches: 2 })];
    expect(preFillRow('x', late, 129, ground([found({})])).found).toMatch(/^0.00 %/);
    expect(preFillRow('x', late, 300, ground([found({})])).found).toMatch(/^100.00 %/);
  });

  it('say what a cooler model gets through with, at the temperature that serves it best', () => {
    const surprising = found({ surprise: { surpriseMilli: 150_000, expectedMilli: 100_000, varianceMilli: 60_000 } });
    const expected = found({ surprise: { surpriseMilli: 100_100, expectedMilli: 100_000, varianceMilli: 60_000 } });
    const cooled = [
      { share: 0.6, byChance: [surprising] },
      { share: 0.8, byChance: [expected] },
    ];
    const row = cooledRow(1024, { ...ground([found({})]), cooled });
    expect(row).toMatchObject({
      outcome: 'missed',
      note: '100 % at 0.6, 0 % at 0.8; drawn from 1 real audits, of two auditors each',
    });
    expect(row.found).toMatch(/^0.00 % .* at 0.8 of the heat$/);
  });

  it('give what a miner adds as the median of pairs, and prove nothing by five', () => {
    const pairs = (count: number, part: number) =>
      Array.from({ length: count }, (_, i) => ({ bareMs: 1000, minedMs: 1000 * (1 + part) + (i % 3) - 1, tokens: 64 }));
    const rowOf = (count: number, part: number) =>
      overheadRow({ ...ground([found({})]), overhead: pairs(count, part) });
    expect(rowOf(30, 0.005)).toMatchObject({ outcome: 'met' });
    expect(rowOf(30, 0.02)).toMatchObject({ outcome: 'missed' });
    expect(rowOf(5, 0.02)).toMatchObject({ outcome: 'open' });
  });

  it('prove nothing by drawing again and again from a few real audits', () => {
    const three = ground([found({}), found({}), found({})], 0.05);
    expect(confirmedRow(three).outcome).toBe('open');
    expect(honestRow(three).outcome).toBe('open');
    expect(honestRow(ground([found({ choiceMismatches: 40 })], 0.01)).outcome).toBe('missed');
  });
});
