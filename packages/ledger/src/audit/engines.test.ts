import type { AuditNumbers, Genesis, NoiseProfile } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll, auditInTurn } from '../testing/audits.fixture.ts';
import { noiseProfile } from '../testing/models.fixture.ts';
import { checked, honest, World } from '../testing/world.fixture.ts';

const engineOf = () => new World().populate().state.miners.at(0).engine;
/** The engine of miner 0, read by a validator of another engine: 1.9 nats of margin are allowed (verification §3.3). */
const wide = (): NoiseProfile => ({ ...noiseProfile, minerEngine: engineOf(), marginMicro: 1_900_000 });
const having = (profile: NoiseProfile) => (genesis: Genesis) => ({ ...genesis, profiles: [profile] });

/** Text of a cheap model with the right numbers: an exact auditor finds other tokens, one with a wide margin none. */
const exact: AuditNumbers = { ...checked(0), positions: 64, choiceMismatches: 32 };
const byPair: AuditNumbers = { ...checked(5_000_000), positions: 64, profile: 0, isPair: true };
const byWidest: AuditNumbers = { ...byPair, isPair: false };

function heard(said: readonly AuditNumbers[]) {
  const world = new World({ validators: 6, edit: having(wide()) }).populate();
  return { world, verdict: auditInTurn(world, said).verdict };
}

const struck = (world: World) => [...world.state.validators].map(({ strikes }) => strikes).filter((each) => each > 0);
const accused = (world: World) => [...world.state.cases].filter(({ kind }) => kind === 'validator');

describe('honest auditors of different engines, on an answer that is made to divide them (verification §3.4)', () => {
  it('a pass within the margin of a pair is not false because exact auditors found it hard', () => {
    const { world, verdict } = heard([exact, byPair, exact, exact, exact]);
    expect(verdict).toBe('hard');
    expect(struck(world)).toEqual([]);
    expect(accused(world)).toEqual([]);
  });

  it('nor is a pass by the widest profile', () => {
    const { world } = heard([exact, byWidest, exact, exact, exact]);
    expect(accused(world)).toEqual([]);
  });

  it('nor is an exact auditor false because two with a wide margin passed', () => {
    const { world, verdict } = heard([exact, byPair, byPair, byPair]);
    expect(verdict).toBe('pass');
    expect(struck(world)).toEqual([]);
    expect(accused(world)).toEqual([]);
  });
});

describe('an answer of a server’s own chance that is called a plant §10.25', () => {
  it('fails by its distance all the same', () => {
    const distant: AuditNumbers = { ...checked(140_000_000), isByChance: true };
    const { world, verdict } = heard([distant, distant, distant]);
    expect(verdict).toBe('hard');
    expect(world.events.some(({ type }) => type === 'taskRejected')).toBe(true);
  });
});

describe('trust behind an engine that nobody can convict §10.13.1', () => {
  it('the mark of a new engine is not taken away by an answer of the engine before', () => {
    const world = new World({ edit: having(noiseProfile) }).populate();
    const old = world.receipt();
    world.certify(old);
    const { models, contextTokens, concurrency, evidenceLevel, hardware, split } = world.state.miners.at(0);
    const terms = { models: [...models], contextTokens, concurrency, evidenceLevel, hardware, split };
    expect(world.send('minerA', 'updateMiner', { miner: 0, ...terms, engine: new Uint8Array(32).fill(7) })).toBe('OK');
    world.finishEpoch();
    world.finishEpoch();
    expect(world.state.miners.at(0).engineUnknown).toBe(true);
    // An artifact of a task drawn before may name the engine before (§3.8): its auditors compare exactly.
    const next = world.receipt();
    world.certify(next);
    auditAll(world, next.taskId, { ...honest, isEarlier: true });
    expect(world.state.miners.at(0).engineUnknown).toBe(true);
  });
});
