import { World, type WorldOptions } from '@assay/ledger/fixture';
import { Artifact, type BodyValues, InferencePayload, TaskRequest } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { windowsOf } from '../../miner/index.ts';
import { admit, requirePayload } from './admission.ts';

/** A world whose session 1 has these terms. */
function worldWith(terms: Partial<BodyValues['openSession']>, params: WorldOptions['params'] = {}): World {
  const world = new World({
    edit: (genesis) => {
      const foundation = genesis.domains.map(({ owner }) => owner);
      const cases = { ...genesis.params.cases, foundation };
      return { ...genesis, params: { ...genesis.params, cases, ...params } };
    },
  }).populate();
  const code = world.send('landlord', 'openSession', world.session(terms));
  if (code !== 'OK') throw new Error(code);
  return world;
}

const ask = (world: World, session: number, { maxTokensIn = 10, validUntilMs = 1, isTest = false } = {}) => {
  const request = { session, gateway: 0, requestHash: new Uint8Array(32), maxTokensIn, maxTokensOut: 20 };
  return admit(world.state, { ...request, validUntilMs }, { reservedUnits: 0n, nowMs: 0, isTest });
};

describe('admission of a task', () => {
  it('knows what it can cost at most', () => {
    const world = worldWith({ redundancy: 1 });
    expect(ask(world, 1)).toMatchObject({ maxUnits: 100n, terms: { kind: 'user' } });
  });

  it('takes no request that would hold for more than ten minutes: it would be remembered as long (§5.22)', () => {
    const world = worldWith({ redundancy: 1 });
    expect(ask(world, 1, { validUntilMs: 600_000 }).maxUnits).toBe(100n);
    expect(() => ask(world, 1, { validUntilMs: 600_001 })).toThrow('10 minutes at most');
  });

  it('says that it does not run a session’s tasks on several miners', () => {
    const world = worldWith({ redundancy: 3 });
    expect(() => ask(world, 1)).toThrow('asks for 3 miners a task, and this mixer runs one');
  });

  it('lets the network’s own tasks wait for an epoch with room (D6, D7)', () => {
    const terms = { isBackground: true, depositUnits: 0n };
    const world = worldWith(terms, { background: { maxTokensPerEpoch: 30 } });
    expect(ask(world, 1)).toMatchObject({ maxUnits: 0n, terms: { kind: 'background' } });
    const full = worldWith(terms, { background: { maxTokensPerEpoch: 29 } });
    expect(() => ask(full, 1)).toThrow('takes 29 more tokens');
  });

  it('tests a new miner while users wait, and without room for other tasks of the network’s own (§4.12.1)', () => {
    const world = worldWith({ isBackground: true, depositUnits: 0n }, { background: { maxTokensPerEpoch: 0 } });
    expect(ask(world, 1, { isTest: true })).toMatchObject({ maxUnits: 0n, terms: { kind: 'challenge' } });
  });

  it('knows what no context of the model holds, whatever the payer signed (§5.19)', () => {
    const world = worldWith({ redundancy: 1 });
    const { contextTokens } = world.state.models.at(0);
    expect(() => ask(world, 1, { maxTokensIn: contextTokens - 20 })).not.toThrow('context');
    expect(() => ask(world, 1, { maxTokensIn: contextTokens - 19 })).toThrow(`context ${contextTokens}`);
  });
});

describe('a payload (§5.19)', () => {
  const request = { ...TaskRequest.defaultValue(), maxTokensOut: 4 };
  const sound = { ...InferencePayload.defaultValue(), maxTokens: 4 };

  it('is taken when it is as its request says', () => {
    expect(() => requirePayload(sound, request)).not.toThrow();
  });

  it('is refused when no auditor could be sent what it needs', () => {
    const ask = (maxTokens: number, content: number) => () => {
      const messages = [{ role: 'user' as const, content: 'a'.repeat(content) }];
      requirePayload({ ...sound, maxTokens, messages }, { ...request, maxTokensOut: maxTokens, maxTokensIn: 131_072 });
    };
    expect(ask(16_384, 1_000_000)).not.toThrow();
    expect(ask(65_536, 1_000_000)).toThrow('does not fit a message');
  });

  it('takes an output token of an artifact for no less than it is', () => {
    const bytesOf = (tokens: number) => {
      const windows = windowsOf(
        Array.from({ length: tokens }, (_, id) => ({ id, text: '', negLogprobMicro: 1, top: [] })),
      );
      return Artifact.serialize({ ...Artifact.defaultValue(), windows }).length;
    };
    expect((bytesOf(1025) - bytesOf(0)) / 1025).toBeLessThan(64);
  });

  it.each<[string, Partial<InferencePayload>, string]>([
    ['an empty stop sequence', { stop: ['a', ''] }, 'stop sequence is empty'],
    ['more tokens than were signed', { maxTokens: 5 }, 'signed for 4'],
    ['more alternatives than are reported', { topLogprobs: 21 }, 'At most 20'],
  ])('is refused with %s', (_, change, reason) => {
    expect(() => requirePayload({ ...sound, ...change }, request)).toThrow(reason);
  });
});
