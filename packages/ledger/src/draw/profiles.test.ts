import { type Genesis, type NoiseProfile, noProfile } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll, drawnWorld } from '../testing/audits.fixture.ts';
import { noiseProfile } from '../testing/models.fixture.ts';
import { checked, honest, World } from '../testing/world.fixture.ts';
import { profileFor } from './profiles.ts';

const having =
  (...profiles: NoiseProfile[]) =>
  (genesis: Genesis) => ({ ...genesis, profiles });
const worldWith = (...profiles: NoiseProfile[]) => new World({ edit: having(...profiles) });
const engine = (byte: number) => new Uint8Array(32).fill(byte);

describe('noise profiles (verification §3.3)', () => {
  it('are found by their pair, the newest of each, and else the widest of the model is', () => {
    const [narrow, wide, other] = [
      { ...noiseProfile, minerEngine: engine(3), t1LimitPpb: 20_000_000 },
      { ...noiseProfile, minerEngine: engine(4), t1LimitPpb: 40_000_000 },
      { ...noiseProfile, model: 1, t1LimitPpb: 45_000_000 },
    ];
    const { state } = worldWith(noiseProfile, narrow, wide, other, { ...noiseProfile, marginMicro: 9 });
    expect(profileFor(state, noiseProfile)).toMatchObject({ index: 4, isOwn: true, profile: { marginMicro: 9 } });
    expect(profileFor(state, narrow)).toMatchObject({ index: 1, isOwn: true });
    expect(profileFor(state, { ...noiseProfile, minerEngine: engine(9) })).toMatchObject({ index: 2, isOwn: false });
    expect(profileFor(new World().state, noiseProfile)).toBe(null);
  });

  it('must separate four bits, and name models and engines, in a genesis too', () => {
    const of = (change: object) => () => worldWith({ ...noiseProfile, ...change });
    expect(of({ requests: 299 })).toThrow('noise profile 0 is refused: A noise profile needs 300 requests');
    expect(of({ model: 5 })).toThrow('noise profile 0 names model 5, which is not there');
    expect(of({})).not.toThrow();
  });

  it('give the limit that an auditor of another engine is read by (§10.4)', () => {
    const profile = { ...noiseProfile, t1LimitPpb: 20_000_000 };
    const verdictOf = (t1Ppb: number, index: number | null) => {
      const { world, taskId } = drawnWorld({ edit: having(profile) });
      const numbers = checked(t1Ppb);
      auditAll(world, taskId, index === null ? numbers : { ...numbers, choiceMismatches: 1, profile: index });
      return world.state.audits.at(world.state.auditOf(taskId) ?? -1).verdict;
    };
    expect(verdictOf(20_000_000, 0)).toBe('pass');
    expect(verdictOf(20_000_001, 0)).toBe('open');
    expect(verdictOf(30_000_000, null)).toBe('pass');
  });

  it('are those of a pair only for a miner that runs its engine, or did (§10.3)', () => {
    const codeOf = (minerEngine: Uint8Array, profile: number) => {
      const { world, taskId, fresh } = drawnWorld({ edit: having({ ...noiseProfile, minerEngine }) });
      const pairs = fresh().map((auditor) => world.auditPair(auditor, taskId, { ...honest, profile, isPair: true }));
      world.block(...pairs.map((pair) => pair.commit()));
      return world.codeOf(pairs[0]?.reveal() ?? new Uint8Array());
    };
    const { engine: registered } = new World().populate().state.miners.at(0);
    expect(codeOf(registered, 0)).toBe('OK');
    expect(codeOf(engine(9), 0)).toBe('BAD_NUMBERS');
    expect(codeOf(registered, 1)).toBe('BAD_NUMBERS');
    expect(codeOf(registered, noProfile)).toBe('BAD_NUMBERS');
  });
});

describe('a miner that only the widest profile compares §10.13.1', () => {
  const widest = { ...honest, profile: 0 };

  it('is paid and never trusted, until somebody knows its engine', () => {
    const { world, taskId } = drawnWorld({ edit: having(noiseProfile) });
    const before = world.state.miners.standing(0);
    auditAll(world, taskId, widest);
    expect(world.events.at(-1)).toMatchObject({ type: 'taskApproved' });
    const { audited, epochPassed, streak } = before;
    expect(world.state.miners.at(0)).toMatchObject({ engineUnknown: true, audited });
    expect(world.state.miners.standing(0)).toMatchObject({ epochPassed, streak });
    const next = world.receipt();
    world.certify(next);
    auditAll(world, next.taskId, honest);
    expect(world.state.miners.at(0)).toMatchObject({ engineUnknown: false, audited: audited + 1 });
    expect(world.state.miners.standing(0)).toMatchObject({ streak: streak + 1 });
  });

  it('loses by a change of engine what trust spares it, until it is known again', () => {
    const world = new World({ edit: having(noiseProfile) }).populate();
    const { models, contextTokens, concurrency, evidenceLevel, hardware, split } = world.state.miners.at(0);
    const terms = { models: [...models], contextTokens, concurrency, evidenceLevel, hardware, split };
    expect(world.send('minerA', 'updateMiner', { miner: 0, ...terms, engine: engine(7) })).toBe('OK');
    expect(world.state.miners.at(0).engineUnknown).toBe(false);
    world.finishEpoch();
    world.finishEpoch();
    expect(world.state.miners.at(0).engineUnknown).toBe(true);
  });
});
