import { EngineInfo, type NoiseProfile, noProfile } from '@assay/protocol';
import { modelWorker } from '@assay/roles/miner/index';
import { firstUint64, littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { engineInfo } from '../src/serving.ts';
import { type Choose, SimulatedModel } from '../src/simulated-model.ts';
import { startWorld } from './start.fixture.ts';

const registered = new SimulatedModel('registered');
const otherBuild: EngineInfo = { ...engineInfo, build: '2' };
const server: EngineInfo = { ...engineInfo, name: 'server', sampler: 'cutsFirst' };
/** By how much the other engines move a logit at most, nats. */
const noise = 0.05;
const tokens = 40;
const warm = 1_000_000;

const profileOf = (engine: EngineInfo): Omit<NoiseProfile, 'model'> => ({
  minerEngine: EngineInfo.hashTreeRoot(engine),
  auditorEngine: EngineInfo.hashTreeRoot(engineInfo),
  requests: 300,
  t1LimitPpb: 40_000_000,
  marginMicro: 2 * noise * 1_000_000,
  substituteT1Ppb: 100_000_000,
  substituteMismatchesPpb: 240_000_000,
});
const profiles = [otherBuild, server].map(profileOf);

/** The token on which a lot falls among those that may stand there, likely ones as often as `exponent` says. */
const drawn = (exponent: number): Choose => {
  return ({ ids, sampling, step }) => {
    const { candidates } = registered.distributionAfter(ids);
    const weights = candidates.map(({ logit }) => Math.exp(exponent * logit));
    const lot = Number(firstUint64(sha256(littleEndian(sampling.seed, 4), littleEndian(step, 4), Uint8Array.of(7))));
    let left = (lot / 2 ** 64) * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return candidates[index]?.id ?? candidates[0]?.id ?? 0;
  };
};

interface Asked {
  readonly engine: EngineInfo;
  readonly choose?: Choose;
  readonly weights?: string;
  readonly count?: number;
  readonly known?: readonly Omit<NoiseProfile, 'model'>[];
}

/** What became of answers that a miner of another engine than its auditors gave. */
async function audited({ engine, choose, weights = 'registered', count = 8, known = profiles }: Asked) {
  const model = new SimulatedModel(weights, async () => {}, choose, noise);
  const net = await startWorld({
    miners: 1,
    // No epoch ends: who failed so often would be ejected.
    params: { epochBlocks: 4096 },
    profiles: known,
    workerOf: () => modelWorker(model, engine),
  });
  const asked: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    asked.push((await net.ask({ seed, temperatureMicro: warm, maxTokens: tokens })).taskId);
    await net.until(() => asked.every((id) => net.isDecided(id)));
  }
  const found = asked.map((id) => net.task(id));
  return {
    verdicts: found.map((task) => task?.audit?.verdict),
    numbers: found.flatMap((task) => task?.audit?.auditors.map(({ numbers }) => numbers) ?? []),
    owed: net.chain.head().miners.at(0).resultsOwed,
    miner: net.chain.head().miners.at(0),
  };
}

describe('a miner whose engine is another than its auditors’ (verification §3.3)', () => {
  it('is paid for honest work within the limits of their profile', async () => {
    const { verdicts, numbers, miner } = await audited({ engine: otherBuild });
    expect(new Set(verdicts)).toEqual(new Set(['pass']));
    expect(numbers.every(({ profile, isPair, t1Ppb }) => profile === 0 && isPair && t1Ppb > 1_000_000)).toBe(true);
    expect(miner).toMatchObject({ engineUnknown: false, audited: 8, epochPassed: 8 });
  });

  it('fails with other weights, and with tokens that another model wrote', async () => {
    expect((await audited({ engine: otherBuild, weights: 'other', count: 2 })).verdicts).toEqual(['hard', 'hard']);
    const other = new SimulatedModel('other');
    const choose: Choose = ({ ids, sampling, step }) => other.choice(ids, sampling, step);
    expect((await audited({ engine: otherBuild, choose, count: 2 })).verdicts).toEqual(['hard', 'hard']);
  });

  it('has no result where no profile is known', async () => {
    const { verdicts, owed } = await audited({ engine: otherBuild, count: 2, known: [] });
    expect(verdicts).toEqual(['noResult', 'noResult']);
    expect(owed).toBe(20);
  });

  it('passes by the widest profile where its own is not known, and never fails by it (verification §3.4)', async () => {
    const engine = { ...otherBuild, build: '3' };
    const honest = await audited({ engine, count: 3 });
    expect(honest.verdicts).toEqual(['pass', 'pass', 'pass']);
    expect(honest.numbers.every(({ profile, isPair }) => profile === 0 && !isPair)).toBe(true);
    // §10.13.1 Paid, and never trusted: all of its answers go on being audited.
    expect(honest.miner).toMatchObject({ engineUnknown: true, audited: 0, epochPassed: 0, streak: 0 });
    const cheat = await audited({ engine, weights: 'other', count: 2 });
    expect(cheat.verdicts).toEqual(['noResult', 'noResult']);
    expect(cheat.owed).toBe(20);
    expect(cheat.numbers.every(({ profile }) => profile === noProfile)).toBe(true);
  });
});

describe('a server that draws its tokens by its own chance (verification §3.5)', () => {
  it('is paid for what the model draws', async () => {
    const { verdicts, numbers } = await audited({ engine: server, choose: drawn(1) });
    expect(new Set(verdicts)).toEqual(new Set(['pass']));
    expect(numbers.every(({ profile, surprise }) => profile === 1 && surprise.varianceMilli > 0)).toBe(true);
  });

  it('fails at once with tokens that the cuts leave out', async () => {
    const { verdicts } = await audited({ engine: server, choose: () => 'x'.charCodeAt(0), count: 2 });
    expect(verdicts).toEqual(['hard', 'hard']);
  });

  it.each([
    ['likely and unlikely tokens alike', 0],
    ['likely tokens only', 4],
  ])('fails with %s within 320 tokens, and no sooner than the pool can tell', async (_what, exponent) => {
    const { verdicts } = await audited({ engine: server, choose: drawn(exponent) });
    expect(verdicts.at(-1)).toBe('soft');
    expect(verdicts.filter((verdict) => verdict !== 'soft' && verdict !== 'pass')).toEqual([]);
  });
});
