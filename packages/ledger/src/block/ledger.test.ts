import { stateRootAlong, type TableName, tables } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { genesisTimeMs, honest, World } from '../testing/world.fixture.ts';
import { conservation } from './conservation.ts';
import { Ledger } from './ledger.ts';

/** A world in which a task was certified, audited, approved and paid. */
function paidWorld(): World {
  const world = new World().populate();
  const receipt = world.receipt();
  world.certify(receipt);
  world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
  world.finishEpoch();
  return world;
}

describe('Ledger', () => {
  it('takes a prompt from session to payout', () => {
    const kinds = paidWorld().events.map((event) => event.type);
    expect(kinds).toEqual([
      'minerRegistered',
      'sessionOpened',
      'taskCertified',
      'auditOpened',
      'auditDrawn',
      'auditRevealed',
      'auditRevealed',
      'taskApproved',
      'powersSet',
      'trustChanged',
      'taskPaid',
      'epochClosed',
    ]);
  });

  it('gives every block a root, and another root after every change', () => {
    const world = new World();
    const before = world.ledger.stateRoot();
    const { stateRoot, height } = world.block();
    expect(height).toBe(1);
    expect(stateRoot).toEqual(world.ledger.stateRoot());
    expect(stateRoot).not.toEqual(before);
  });

  it('proves every row of every table against its root, before and after the next block', () => {
    const world = paidWorld();
    for (let round = 0; round < 2; round++) {
      for (const table of Object.keys(tables) as TableName[]) {
        for (let index = 0; index < world.state[table].length; index++) {
          const proof = world.ledger.prove(table, index);
          expect(proof && stateRootAlong(table, { ...proof, index })).toEqual(world.ledger.stateRoot());
        }
        expect(world.ledger.prove(table, world.state[table].length)).toBeNull();
      }
      world.certify(world.receipt());
    }
  });

  it('continues from a snapshot exactly as without one', () => {
    const world = paidWorld();
    const open = world.receipt();
    world.certify(open);
    const undrawn = world.receipt();
    world.block(world.batchTx({ receipts: [undrawn] }));
    const copy = Ledger.fromSnapshot(world.ledger.snapshot());
    expect(copy.stateRoot()).toEqual(world.ledger.stateRoot());
    expect(copy.snapshot()).toEqual(world.ledger.snapshot());
    const { height, timeMs } = world.state.globals;
    for (let step = 1; step <= 40; step++) {
      const transactions = step < 4 ? [world.batchTx({ receipts: [world.receipt({ drawHeight: height })] })] : [];
      const block = { height: height + step, timeMs: timeMs + step, transactions };
      const result = world.ledger.applyBlock(block, world.keys.verifier);
      expect(copy.applyBlock(block, world.keys.verifier)).toEqual(result);
    }
    expect(copy.state.auditOf(undrawn.taskId)).toBe(world.state.auditOf(undrawn.taskId));
  });

  it('does not begin with a state whose money does not add up', () => {
    const world = new World();
    const bytes = world.ledger.snapshot();
    const [account] = world.state.accounts;
    if (account === undefined) throw new Error('no account');
    const at = Buffer.from(bytes).indexOf(Buffer.from(account.address));
    bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 1;
    expect(() => Ledger.fromSnapshot(bytes)).toThrow(/hold 8006301 base units, but genesis 8006300 /);
  });

  it('does not begin with bytes that are no state', () => {
    expect(() => Ledger.fromSnapshot(new Uint8Array(100))).toThrow();
  });

  it.each([
    ['a height left out', { height: 2, timeMs: genesisTimeMs + 1 }],
    ['the same height again', { height: 0, timeMs: genesisTimeMs + 1 }],
    ['no later time', { height: 1, timeMs: genesisTimeMs }],
    ['a broken time', { height: 1, timeMs: genesisTimeMs + 1.5 }],
  ])('refuses a block with %s and stays as it was', (_name, wrong) => {
    const world = new World();
    const root = world.ledger.stateRoot();
    const block = { ...wrong, transactions: [] };
    expect(() => world.ledger.applyBlock(block, world.keys.verifier)).toThrow(RangeError);
    expect(Ledger.fromSnapshot(world.ledger.snapshot()).stateRoot()).toEqual(root);
  });

  it('answers about the next block without changing anything', () => {
    const world = new World().populate();
    const root = world.ledger.stateRoot();
    const transaction = world.tx('payer', 'transfer', { to: world.address('owner'), amountUnits: 5n });
    expect(world.ledger.check(transaction, world.keys.verifier)).toBe('OK');
    expect(world.ledger.check(new Uint8Array(3), world.keys.verifier)).toBe('MALFORMED');
    expect(Ledger.fromSnapshot(world.ledger.snapshot()).stateRoot()).toEqual(root);
  });

  it('keeps the books in balance, and notices when they are not', () => {
    const world = paidWorld();
    expect(conservation(world.state)).toBeNull();
    const short = { ...world.state.globals, mintedUnits: world.state.globals.mintedUnits + 1n };
    const held = world.state.heldUnits();
    const broken = { globals: short, heldUnits: () => held, countHeldUnits: () => held };
    expect(conservation(broken)).toBe(
      `after block ${short.height} accounts, stakes, collateral, escrows, pending and pools hold ${held} base units, ` +
        `but genesis ${short.genesisUnits} + minted ${short.mintedUnits} - burned ${short.burnedUnits} = ${held + 1n}`,
    );
    expect(conservation({ ...broken, globals: world.state.globals, heldUnits: () => held - 1n })).toBe(
      `the rows hold ${held} base units, but the running totals say ${held - 1n}`,
    );
  });
});
