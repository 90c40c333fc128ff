import type { ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { consensusTerms } from '../testing/keys.fixture.ts';
import { validatorTerms } from '../testing/roles.fixture.ts';
import { FEE, honest, realKeys, type Sender, World } from '../testing/world.fixture.ts';

describe('registerValidator §3.1', () => {
  it('takes a validator with its stake and consensus key, owned by the sender and run by whom it says', () => {
    const world = new World();
    expect(world.send('payer', 'registerValidator', validatorTerms(world))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 1000n);
    expect(world.state.validators.at(4)).toMatchObject({
      account: world.address('payer'),
      operator: world.address('stranger9'),
      stakeUnits: 1000n,
      status: 'active',
      statusHeight: 1,
      consensusKey: world.key('consensus9').publicKey,
    });
    const event = { type: 'roleRegistered', kind: 'validator', role: 4, account: world.address('payer') };
    expect(world.events).toEqual([event]);
    expect(world.state.powers.length).toBe(world.state.validators.length);
  });

  it.each<[ResultCode, Parameters<typeof validatorTerms>[1]]>([
    ['INSUFFICIENT_BALANCE', { stakeUnits: 1_000_000n }],
    ['STAKE_TOO_LOW', { stakeUnits: 399n }],
    ['OK', { stakeUnits: 400n }],
    ['KEY_TAKEN', { name: 'validator0' }],
    ['KEY_TAKEN', { consensus: 'consensus0' }],
    ['OK', { name: 'consensus0' }],
    ['OK', { consensus: 'validator0' }],
    ['BAD_POSSESSION', { owner: 'owner' }],
    ['BAD_POSSESSION', { possession: new Uint8Array(64) }],
  ])('%s for %o', (code, change) => {
    for (const keys of [undefined, realKeys]) {
      const world = new World(keys === undefined ? {} : { keys });
      expect(world.send('payer', 'registerValidator', validatorTerms(world, change))).toBe(code);
    }
  });

  it('gives a new validator duties at once, signed with its own key, and power later (economics §8)', () => {
    const world = new World({ validators: 1 }).populate();
    world.block(world.tx('payer', 'registerValidator', validatorTerms(world, { stakeUnits: 500n })));
    expect([...world.state.powers].map((row) => row.powerPpb)).toEqual([1_000_000_000, 0]);
    const receipt = world.receipt();
    world.certify(receipt);
    const pairs = [
      world.auditPair(1, receipt.taskId, honest, { key: 'stranger9', account: 'payer' }),
      world.auditPair(0, receipt.taskId, honest),
    ];
    const codes = (...transactions: Uint8Array[]) => world.block(...transactions).transactions.map(({ code }) => code);
    expect(codes(...pairs.map((pair) => pair.commit()))).toEqual(['OK', 'OK']);
    expect(codes(...pairs.map((pair) => pair.reveal()))).toEqual(['OK', 'OK']);
    world.finishEpoch();
    const set = world.events.find((event) => event.type === 'powersSet');
    expect(set?.powers[1]).toMatchObject({ stakeUnits: 500n, fromPpb: 0, powerPpb: 333_333_333 });
  });
});

/** A world in which the payer owns validator 4. */
function ownedWorld(): World {
  const world = new World();
  world.block(world.tx('payer', 'registerValidator', validatorTerms(world)));
  return world;
}

const rotate = (world: World, consensus: Sender, { validator = 4, sender = 'payer' as Sender } = {}) =>
  world.send(sender, 'rotateConsensusKey', {
    validator,
    ...consensusTerms(world.key(consensus), world.address(sender)),
  });
const keyOf = (world: World, validator: number) => world.state.validators.at(validator).consensusKey;

describe('rotateConsensusKey §3.6, §3.10', () => {
  it('holds from the next epoch on, of several announced the last', () => {
    const world = ownedWorld();
    expect([rotate(world, 'consensus7'), rotate(world, 'consensus8')]).toEqual(['OK', 'OK']);
    expect(keyOf(world, 4)).toEqual(world.key('consensus9').publicKey);
    const { height } = world.finishEpoch();
    expect(keyOf(world, 4)).toEqual(world.key('consensus8').publicKey);
    expect(world.events).toContainEqual({ type: 'consensusKeyRotated', validator: 4, fromEpoch: 1 });
    const retired = { validator: 4, consensusKey: world.key('consensus9').publicKey, lastHeight: height + 1 };
    expect([...world.state.retiredKeys]).toEqual([retired]);
    expect(rotate(world, 'consensus7')).toBe('OK');
  });

  it('keeps a key taken while it is announced, and while what it signed may be evidence', () => {
    const world = ownedWorld();
    rotate(world, 'consensus8');
    const codes = () => (['consensus8', 'consensus9', 'consensus0'] as const).map((name) => rotate(world, name));
    expect(codes()).toEqual(['KEY_TAKEN', 'KEY_TAKEN', 'KEY_TAKEN']);
    world.finishEpoch();
    world.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
    expect(codes()).toEqual(['KEY_TAKEN', 'KEY_TAKEN', 'KEY_TAKEN']);
    const { evidenceEpochs } = world.state.params.cases;
    // Its last vote is one of epoch 1.
    for (let epoch = 0; epoch < evidenceEpochs; epoch++) world.finishEpoch();
    expect(world.state.retiredKeys.length).toBe(1);
    world.finishEpoch();
    expect(world.state.retiredKeys.length).toBe(0);
    expect(codes()).toEqual(['KEY_TAKEN', 'OK', 'KEY_TAKEN']);
  });

  it.each<[ResultCode, number, Sender]>([
    ['UNKNOWN_ROLE', 5, 'payer'],
    ['NOT_OWNER', 4, 'owner'],
    ['NOT_OWNER', 0, 'payer'],
  ])('%s for validator %i by %s', (code, validator, sender) => {
    expect(rotate(ownedWorld(), 'consensus8', { validator, sender })).toBe(code);
  });

  it('gives none to what is gone, and none whose secret is not known', () => {
    const world = ownedWorld();
    const { consensusKey } = consensusTerms(world.key('consensus8'), world.address('payer'));
    const body = { validator: 4, consensusKey, possession: new Uint8Array(64) };
    expect(world.send('payer', 'rotateConsensusKey', body)).toBe('BAD_POSSESSION');
    world.send('payer', 'setRoleStatus', { kind: 'validator', role: 4, status: 'deregistered' });
    expect(rotate(world, 'consensus8')).toBe('ROLE_GONE');
  });
});
