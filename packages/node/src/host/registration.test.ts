import { World } from '@assay/ledger/fixture';
import { EngineInfo, type Hardware } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { minerUpdate } from './registration.ts';

const engine = { ...EngineInfo.defaultValue(), name: 'engine' };

function newWorld() {
  const world = new World();
  world.block(world.tx('minerA', 'registerMiner', world.registration({ engine: EngineInfo.hashTreeRoot(engine) })));
  return world;
}

/** What a start with this engine and machine says, sent as it is; null for nothing. */
function start(world: World, change: { engine?: EngineInfo; hardware?: Partial<Hardware> } = {}) {
  const hardware = { ...world.registration().hardware, ...change.hardware };
  const body = minerUpdate(world.state, 0, { worker: { engine: change.engine ?? engine, model: {} }, hardware });
  if (body === null) return null;
  if (body[0] !== 'updateMiner') throw new Error(`it says ${body[0]}`);
  expect(world.send('minerA', ...body)).toBe('OK');
  return body[1];
}

describe('what a miner says at a start §3.8, §3.13', () => {
  it('is nothing where engine and machine are those it registered', () => {
    expect(start(newWorld())).toBeNull();
  });

  it('is said once of another machine, however often it starts in the epoch, and after it', () => {
    const world = newWorld();
    const other = { hardware: { cores: 128, gpu: 'a card' } };
    expect(start(world, other)?.hardware).toMatchObject({ cores: 128, gpu: 'a card' });
    expect(start(world, other)).toBeNull();
    world.finishEpoch();
    expect(world.state.miners.at(0).hardware).toMatchObject({ cores: 128, gpu: 'a card' });
    expect(start(world, other)).toBeNull();
  });

  it('goes on from what was said in the epoch, and leaves the rest as it was', () => {
    const world = newWorld();
    start(world, { engine: { ...engine, build: '2' } });
    const last = start(world, { engine: { ...engine, build: '2' }, hardware: { memoryGib: 64 } });
    const { models, contextTokens, concurrency, split } = world.registration();
    expect(last).toMatchObject({ models, contextTokens, concurrency, split, evidenceLevel: 2 });
    expect(last?.engine).toEqual(EngineInfo.hashTreeRoot({ ...engine, build: '2' }));
  });

  it('is nothing of a miner that is gone', () => {
    const world = newWorld();
    world.send('owner', 'setRoleStatus', { kind: 'miner', role: 0, status: 'deregistered' });
    expect(start(world, { hardware: { cores: 1 } })).toBeNull();
  });
});
