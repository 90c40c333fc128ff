import type { ResultCode, StakeKind } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { mixerTerms, presenceTx, roleTerms, validatorTerms } from '../testing/roles.fixture.ts';
import { honest, type Sender, World } from '../testing/world.fixture.ts';

/** A world in which payer owns oracle 2, validator 4 and mixer 4, all with keys named stranger9. */
function ownedWorld(options: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World(options).populate();
  world.block(
    world.tx('payer', 'registerRole', roleTerms(world, 'oracle')),
    world.tx('payer', 'registerValidator', validatorTerms(world)),
    world.tx('payer', 'registerMixer', mixerTerms(world)),
  );
  return world;
}

const newKey = (world: World, kind: StakeKind, role: number, name: Sender = 'stranger5') => ({
  kind,
  role,
  publicKey: world.key(name).publicKey,
});

describe('rotateKey §3.6', () => {
  it('holds from the next epoch on, and frees the old key then', () => {
    const world = ownedWorld();
    const old = world.state.oracles.at(2).publicKey;
    expect(world.send('payer', 'rotateKey', newKey(world, 'oracle', 2))).toBe('OK');
    expect(world.state.oracles.at(2).publicKey).toEqual(old);
    world.finishEpoch();
    expect(world.state.oracles.at(2).publicKey).toEqual(world.key('stranger5').publicKey);
    expect(world.state.keyChanges.length).toBe(0);
    expect(world.send('payer', 'registerRole', roleTerms(world, 'oracle'))).toBe('OK');
    expect(world.events).toContainEqual({ type: 'keyRotated', kind: 'oracle', role: 2, fromEpoch: 1 });
  });

  it('gives a miner another key, of several the last', () => {
    const world = new World().populate();
    expect(world.send('owner', 'rotateKey', newKey(world, 'miner', 0, 'stranger4'))).toBe('OK');
    expect(world.send('owner', 'rotateKey', newKey(world, 'miner', 0, 'stranger5'))).toBe('OK');
    world.finishEpoch();
    expect(world.state.roleOf('miner', world.key('stranger4').publicKey)).toBeUndefined();
    expect(world.state.roleOf('miner', world.key('stranger5').publicKey)).toBe(0);
    expect(world.state.miners.at(0).publicKey).toEqual(world.key('stranger5').publicKey);
  });

  it.each<[ResultCode, Sender, StakeKind, number, Sender]>([
    ['UNKNOWN_ROLE', 'payer', 'oracle', 3, 'stranger5'],
    ['UNKNOWN_ROLE', 'payer', 'delegation', 0, 'stranger5'],
    ['NOT_OWNER', 'owner', 'oracle', 2, 'stranger5'],
    ['NOT_OWNER', 'minerA', 'miner', 0, 'stranger5'],
    ['KEY_TAKEN', 'payer', 'oracle', 2, 'stranger9'],
    ['KEY_TAKEN', 'payer', 'oracle', 2, 'oracle0'],
    ['OK', 'payer', 'oracle', 2, 'validator0'],
  ])('%s when %s gives %s %i the key of %s', (code, sender, kind, role, name) => {
    const world = ownedWorld();
    expect(world.send(sender, 'rotateKey', newKey(world, kind, role, name))).toBe(code);
  });

  it('takes an announced key at once, in a ledger that begins from a snapshot too', () => {
    const world = ownedWorld();
    world.send('payer', 'rotateKey', newKey(world, 'oracle', 2));
    const register = () => world.send('payer', 'registerRole', roleTerms(world, 'oracle', { name: 'stranger5' }));
    expect(register()).toBe('KEY_TAKEN');
    world.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
    expect(register()).toBe('KEY_TAKEN');
  });

  it('gives no key to what is gone', () => {
    const world = ownedWorld();
    const body = { kind: 'oracle' as const, role: 2, status: 'deregistered' as const };
    expect(world.send('payer', 'setRoleStatus', body)).toBe('OK');
    expect(world.send('payer', 'rotateKey', newKey(world, 'oracle', 2))).toBe('ROLE_GONE');
  });

  it('lets an auditor reveal with its new key what it committed to with the old one', () => {
    const world = ownedWorld({ validators: 1, params: { epochBlocks: 32 }, audit: { revealBlocks: 40 } });
    let { taskId } = world.receipt();
    while (!world.auditorsOf(taskId).includes(1)) {
      const receipt = world.receipt();
      world.certify(receipt);
      taskId = receipt.taskId;
    }
    const pairOf = (key: Sender) => world.auditPair(1, taskId, honest, { key, account: 'payer' });
    expect(world.codeOf(pairOf('stranger9').commit())).toBe('OK');
    expect(world.send('payer', 'rotateKey', newKey(world, 'validator', 1))).toBe('OK');
    world.finishEpoch();
    expect(world.codeOf(pairOf('stranger9').reveal())).toBe('FEE_TOO_LOW');
    expect(world.codeOf(pairOf('stranger5').reveal())).toBe('OK');
  });
});

describe('rotateCommitteeKey §3.6', () => {
  const rotate = (world: World, name: Sender, mixer = 4) => {
    const { publicKey: blsPublicKey, possession } = world.committeeKey(name);
    return world.send('payer', 'rotateCommitteeKey', { mixer, blsPublicKey, possession });
  };

  it('signs from the next epoch on; what belongs to the epoch before still holds with the old key', () => {
    const world = ownedWorld();
    world.block(presenceTx(world, 'stranger9'));
    world.finishEpoch();
    expect(rotate(world, 'stranger5')).toBe('OK');
    expect(world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9' }))).toBe('OK');
    world.finishEpoch();
    const { blsPublicKey } = world.state.mixers.at(4);
    expect(blsPublicKey).toEqual(world.committeeKey('stranger5').publicKey);
    expect(world.state.committees.length).toBe(3);
    expect(world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9', epoch: 1 }))).toBe('OK');
    expect(world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9' }))).toBe('OK');
  });

  it('asks for the owner, and for a key that is nobody else’s and known', () => {
    const world = ownedWorld();
    expect(rotate(world, 'stranger5', 9)).toBe('UNKNOWN_MIXER');
    expect(rotate(world, 'stranger5', 0)).toBe('NOT_OWNER');
    expect(rotate(world, 'mixer0')).toBe('KEY_TAKEN');
    expect(rotate(world, 'stranger5')).toBe('OK');
    expect(rotate(world, 'stranger5')).toBe('KEY_TAKEN');
    const { publicKey: blsPublicKey, possession } = world.committeeKey('stranger6');
    const { possession: other } = world.committeeKey('stranger7');
    const code = (proof: Uint8Array) =>
      world.send('payer', 'rotateCommitteeKey', { mixer: 4, blsPublicKey, possession: proof });
    expect(code(other)).toBe('BAD_POSSESSION');
    expect(code(possession)).toBe('OK');
  });
});
