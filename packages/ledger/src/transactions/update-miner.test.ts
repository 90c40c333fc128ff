import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { drawTable } from '../draw/draw.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { minerTerms } from '../testing/defaults.fixture.ts';
import { honest, type Sender, World } from '../testing/world.fixture.ts';

type Update = BodyValues['updateMiner'];
const split = { operatorBps: 5000, ownerBps: 3500, stakersBps: 1500 };
const ownersOnly = { operatorBps: 0, ownerBps: 10_000, stakersBps: 0 };

const update = (change: Partial<Update> = {}): Update => ({
  miner: 0,
  models: [0],
  contextTokens: 2048,
  concurrency: 4,
  evidenceLevel: 2,
  engine: new Uint8Array(32).fill(3),
  hardware: minerTerms.hardware,
  split,
  ...change,
});

describe('updateMiner §3.7', () => {
  it('changes the machine that is declared, and nothing that it is drawn or paid by (§3.13)', () => {
    const world = new World().populate();
    const { hardware: _before, ...before } = world.state.miners.standing(0);
    const hardware = { cpu: 'another processor', cores: 64, memoryGib: 512, gpu: '8 × a card', gpuMemoryGib: 1128 };
    expect(world.send('minerA', 'updateMiner', update({ hardware }))).toBe('OK');
    const table = drawTable(world.state);
    world.finishEpoch();
    const { hardware: after, standingEpoch, ...rest } = world.state.miners.standing(0);
    expect(after).toEqual(hardware);
    expect({ ...rest, standingEpoch: 0 }).toEqual(before);
    expect(standingEpoch).toBe(1);
    expect(drawTable(world.state).entries).toEqual(table.entries);
  });

  it('changes what is drawn from with the next epoch and not before', () => {
    const world = new World().populate();
    const { weight } = world.state.miners.standing(0);
    expect(world.send('minerA', 'updateMiner', update({ concurrency: 16, models: [1, 0] }))).toBe('OK');
    expect(world.state.miners.at(0)).toMatchObject({ weight, concurrency: 4, models: [0] });
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ weight: 2n * weight, concurrency: 16, models: [1, 0] });
    expect(world.state.minerUpdates.length).toBe(0);
    expect(world.events).toContainEqual({ type: 'minerUpdated', miner: 0, fromEpoch: 1 });
  });

  it('pays what was earned before by the split of that time, and then by the new one', () => {
    const world = new World().populate();
    const work = () => {
      const receipt = world.receipt();
      world.certify(receipt);
      auditAll(world, receipt.taskId, honest);
    };
    const operatorsPart = () => {
      const closed = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
      const isOperator = (account: Uint8Array) => String(account) === String(world.address('minerA'));
      return closed?.payouts.filter(({ kind, account }) => kind === 'miner' && isOperator(account)).length;
    };
    work();
    expect(world.send('owner', 'updateMiner', update({ split: ownersOnly }))).toBe('OK');
    expect(operatorsPart()).toBe(2);
    work();
    expect(operatorsPart()).toBe(0);
  });

  it('caps trust with the evidence that a miner gives from then on (verification §4.3)', () => {
    const world = new World({ audit: { newMinerTasks: 100 } }).populate();
    for (let i = 0; i < 30; i++) {
      const receipt = world.receipt();
      world.certify(receipt);
      world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((each) => [each, honest])));
    }
    world.finishEpoch();
    expect(world.state.miners.standing(0).trustPpb).toBeGreaterThan(700_000_000);
    world.send('minerA', 'updateMiner', update({ evidenceLevel: 0 }));
    world.finishEpoch();
    expect(world.state.miners.standing(0).trustPpb).toBe(700_000_000);
  });

  it('changes the engine with the next epoch, knows the one before, and changes it no more for a time (§3.8)', () => {
    const world = new World().populate();
    const [first, second, third] = [3, 4, 5].map((byte) => new Uint8Array(32).fill(byte));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three engines');
    expect(world.state.miners.at(0)).toMatchObject({ engine: first, earlierEngine: first, engineEpoch: 0 });
    world.send('minerA', 'updateMiner', update({ engine: third }));
    world.send('minerA', 'updateMiner', update({ engine: second, evidenceLevel: 1 }));
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({
      engine: second,
      earlierEngine: first,
      engineEpoch: 1,
      evidenceLevel: 1,
      earlierEvidenceLevel: 2,
    });
    expect(world.send('minerA', 'updateMiner', update({ engine: third, evidenceLevel: 1 }))).toBe('ENGINE_TOO_SOON');
    expect(world.send('minerA', 'updateMiner', update({ engine: second }))).toBe('ENGINE_TOO_SOON');
    expect(world.send('minerA', 'updateMiner', update({ engine: second, evidenceLevel: 1, concurrency: 9 }))).toBe(
      'OK',
    );
    const { epochBlocks, receiptLifetimeBlocks } = world.state.params;
    while (world.height + 1 < epochBlocks + 2 * receiptLifetimeBlocks) world.block();
    expect(world.send('minerA', 'updateMiner', update({ engine: third, evidenceLevel: 1 }))).toBe('OK');
  });

  it.each<[ResultCode, Sender, Partial<Update>]>([
    ['UNKNOWN_ROLE', 'owner', { miner: 1 }],
    ['UNKNOWN_MODEL', 'owner', { models: [0, 9] }],
    ['BAD_SPLIT', 'owner', { split: { ...split, ownerBps: 1 } }],
    ['BAD_CAPACITY', 'owner', { models: [] }],
    ['BAD_CAPACITY', 'owner', { concurrency: 0 }],
    ['BAD_CAPACITY', 'owner', { evidenceLevel: 3 }],
    ['NOT_OWNER', 'payer', {}],
    ['NOT_OWNER', 'minerA', { split: ownersOnly }],
    ['OK', 'owner', { split: ownersOnly }],
  ])('%s when %s changes %o', (code, sender, change) => {
    const world = new World().populate();
    expect(world.send(sender, 'updateMiner', update(change))).toBe(code);
  });

  it('is not for a miner that is gone', () => {
    const world = new World().populate();
    world.send('owner', 'setRoleStatus', { kind: 'miner', role: 0, status: 'deregistered' });
    expect(world.send('owner', 'updateMiner', update())).toBe('ROLE_GONE');
  });
});
