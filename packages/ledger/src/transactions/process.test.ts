import { limits, type UnsignedTransaction } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, type Sender, World } from '../testing/world.fixture.ts';

const transferOf = (world: World, amountUnits = 5n) => ({ to: world.address('owner'), amountUnits });

/** One bit of the signature is another. */
const withFlippedBit = (bytes: Uint8Array) => bytes.with(10, (bytes[10] ?? 0) ^ 1);

describe('envelope §1.3, §1.4', () => {
  it('takes fee and nonce with what is done, and the treasury gets the fee', () => {
    const world = new World();
    expect(world.send('payer', 'transfer', transferOf(world))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - 5n - FEE);
    expect(world.state.nonceOf(world.address('payer'))).toBe(1);
    expect(world.state.globals.treasuryUnits).toBe(FEE);
  });

  it('takes fee and nonce, and nothing else, when the body is refused', () => {
    const world = new World();
    expect(world.send('payer', 'transfer', transferOf(world, 1_000_000n))).toBe('INSUFFICIENT_BALANCE');
    expect(world.balance('payer')).toBe(1_000_000n - FEE);
    expect(world.balance('owner')).toBe(1_000_000n);
    expect(world.state.nonceOf(world.address('payer'))).toBe(1);
  });

  it.each<[string, (world: World) => Uint8Array]>([
    ['TOO_LARGE', () => new Uint8Array(limits.maxTransactionBytes + 1)],
    ['MALFORMED', () => new Uint8Array(40)],
    ['MALFORMED', (world) => world.tx('payer', 'transfer', transferOf(world)).subarray(0, -1)],
    ['MALFORMED', (world) => Uint8Array.of(...world.tx('payer', 'transfer', transferOf(world)), 0)],
    ['BAD_SIGNATURE', (world) => withFlippedBit(world.tx('payer', 'transfer', transferOf(world)))],
    ['EXPIRED', (world) => world.tx('payer', 'transfer', transferOf(world), { validUntil: 0 })],
    ['BAD_NONCE', (world) => world.tx('payer', 'transfer', transferOf(world), { nonce: 1 })],
    ['FEE_TOO_LOW', (world) => world.tx('payer', 'transfer', transferOf(world), { feeUnits: FEE - 1n })],
    ['CANNOT_PAY_FEE', (world) => world.tx('payer', 'transfer', transferOf(world), { feeUnits: 1_000_001n })],
  ])('changes nothing for %s', (code, make) => {
    const world = new World();
    const other = new World();
    expect(world.codeOf(make(world))).toBe(code);
    other.block();
    expect(world.ledger.stateRoot()).toEqual(other.ledger.stateRoot());
  });

  it('refuses the signature of another account and of another chain', () => {
    const world = new World();
    const content = (name: Sender): UnsignedTransaction => ({
      publicKey: world.key(name).publicKey,
      nonce: 0,
      validUntil: 9,
      feeUnits: FEE,
      body: { kind: 'transfer', value: transferOf(world) },
    });
    expect(world.codeOf(world.signed('owner', content('payer')))).toBe('BAD_SIGNATURE');
    const elsewhere = new World({ edit: (genesis) => ({ ...genesis, timeMs: genesis.timeMs + 1 }) });
    expect(world.codeOf(elsewhere.tx('payer', 'transfer', transferOf(elsewhere)))).toBe('BAD_SIGNATURE');
    expect(world.codeOf(world.signed('payer', content('payer')))).toBe('OK');
  });

  it('takes a transaction up to its last valid height', () => {
    const world = new World();
    world.block();
    const last = world.tx('payer', 'transfer', transferOf(world), { validUntil: 2 });
    expect(world.ledger.check(last, world.keys.verifier)).toBe('OK');
    world.block();
    expect(world.codeOf(last)).toBe('EXPIRED');
  });

  it('applies the nonces of one sender in order within a block, each once', () => {
    const world = new World();
    const [first, second] = [0, 1].map((nonce) => world.tx('payer', 'transfer', transferOf(world), { nonce }));
    if (first === undefined || second === undefined) throw new Error('no transactions');
    const codes = world.block(second, first, second, first).transactions.map((result) => result.code);
    expect(codes).toEqual(['BAD_NONCE', 'OK', 'OK', 'BAD_NONCE']);
  });

  it('says what was read of a refused transaction', () => {
    const world = new World();
    const { transactions } = world.block(
      new Uint8Array(3),
      world.tx('payer', 'transfer', transferOf(world), { nonce: 7 }),
    );
    expect(transactions).toEqual([
      { code: 'MALFORMED', kind: null, sender: null, events: [] },
      { code: 'BAD_NONCE', kind: 'transfer', sender: world.address('payer'), events: [] },
    ]);
  });

  it('says which of the events of its block a transaction caused', () => {
    const world = new World();
    const transfer = world.tx('payer', 'transfer', transferOf(world));
    const { transactions, events } = world.block(transfer, world.tx('payer', 'openSession', world.session()));
    expect(transactions.map((one) => one.events)).toEqual([[], events]);
    expect(events).toMatchObject([{ type: 'sessionOpened' }]);
  });

  it('refuses integers beyond their bound, of which a double would blur two (§2.11)', () => {
    const world = new World();
    const bytes = world.tx('payer', 'transfer', transferOf(world));
    const offsetSize = 4;
    const nonceAt = offsetSize + 64 + 32;
    const largest = bytes.slice();
    largest.set([255, 255, 255, 255, 255, 255, 0, 0], nonceAt);
    expect(world.codeOf(largest)).toBe('BAD_SIGNATURE');
    const wide = bytes.slice();
    wide.set([0, 0, 0, 0, 0, 0, 1, 0], nonceAt);
    expect(world.codeOf(wide)).toBe('MALFORMED');
  });

  it('refuses a number that stands for no word (§1.1)', () => {
    const world = new World();
    const bytes = world.tx('payer', 'vote', { proposal: 0, choice: 'veto' });
    expect(bytes.at(-1)).toBe(3);
    expect(world.codeOf(bytes.with(-1, 4))).toBe('MALFORMED');
    expect(world.codeOf(bytes)).toBe('UNKNOWN_PROPOSAL');
  });
});

describe('duties §1.6', () => {
  it('are free for those who owe them', () => {
    const world = new World();
    expect(world.codeOf(world.batchTx())).toBe('OK');
    expect(world.balance('mixer0')).toBe(0n);
    expect(world.state.nonceOf(world.address('mixer0'))).toBe(1);
  });

  it('are not free for others', () => {
    const world = new World();
    expect(world.codeOf(world.batchTx({ sender: 'mixer1' }))).toBe('FEE_TOO_LOW');
    expect(world.codeOf(world.batchTx({ sender: 'stranger0' }))).toBe('FEE_TOO_LOW');
    expect(world.codeOf(world.batchTx({ sender: 'payer', feeUnits: FEE }))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE);
  });

  it('leave no trace when they are refused without a fee', () => {
    const world = new World();
    const other = new World();
    expect(world.codeOf(world.batchTx({ sequence: 5 }))).toBe('WRONG_SEQUENCE');
    other.block();
    expect(world.ledger.stateRoot()).toEqual(other.ledger.stateRoot());
  });

  it('cost the fee when it was offered and they are refused', () => {
    const world = new World();
    expect(world.codeOf(world.batchTx({ sender: 'payer', feeUnits: FEE, sequence: 5 }))).toBe('WRONG_SEQUENCE');
    expect(world.balance('payer')).toBe(1_000_000n - FEE);
    expect(world.state.nonceOf(world.address('payer'))).toBe(1);
  });

  it('are told from ordinary transactions in a network without fees', () => {
    const world = new World({ params: { transactionFeeUnits: 0n } });
    const send = (units: bigint) => world.send('payer', 'transfer', transferOf(world, units), { feeUnits: 0n });
    expect(send(0n)).toBe('ZERO_AMOUNT');
    expect(world.state.nonceOf(world.address('payer'))).toBe(1);
    expect(world.codeOf(world.batchTx({ sequence: 5 }))).toBe('WRONG_SEQUENCE');
    expect(world.state.nonceOf(world.address('mixer0'))).toBe(0);
  });
});
