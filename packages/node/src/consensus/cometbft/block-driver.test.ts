import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headerRoot } from '@assay/ledger';
import { headerOf, limits } from '@assay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { devnetParams } from '../../devnet/genesis.ts';
import { realRuntime } from '../../runtime/real.ts';
import { openStore, type Store } from '../../store/store.ts';
import { Application } from '../application.ts';
import { signerOf, startBalanceUnits, type TransferFields, testChain, transferOf } from '../chain.fixture.ts';
import { proposalStatus } from './abci.ts';
import { BlockDriver, firstValidators } from './block-driver.ts';
import { ProposalRoom } from './proposal-room.ts';

const chain = testChain();
const [alice, bob] = chain.accounts;
if (alice === undefined || bob === undefined) throw new Error('there are no accounts');
const pay = (nonce: number) => transferOf(chain, { from: alice, to: bob.address, nonce });

describe('the blocks of CometBFT §18.7', () => {
  let dir = '';
  let store: Store;
  let application: Application;
  let blocks: BlockDriver;
  let lines: string[] = [];
  let committed: number[] = [];

  beforeEach(async () => {
    lines = [];
    committed = [];
    dir = mkdtempSync(join(tmpdir(), 'assay-blocks-'));
    store = await openStore({ dir, genesisHash: chain.hash });
    application = await Application.restore({ store, genesis: chain.genesis, onFatal: () => {} });
    const runtime = realRuntime((line) => lines.push(line));
    const onCommit = async () => void committed.push(store.height);
    blocks = new BlockDriver({ application, runtime, onCommit });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const decided = (height: number, transactions: Uint8Array[], seconds = 1_700_000_000 + height, nanos = 999_999) => {
    const hash = new Uint8Array(32).fill(height);
    return { height, transactions, hash, time: { seconds, nanos }, misbehavior: [] };
  };

  it('are applied, told with the root of our header, and durable at Commit, not before', async () => {
    const said = blocks.finalize(decided(1, [pay(0), pay(5), Uint8Array.of(1, 2)]));
    expect(said.results).toEqual([{ code: 0 }, { code: 1 }, { code: 1 }]);
    expect([store.height, application.head().globals.height]).toEqual([0, 0]);
    await blocks.commit();
    expect(committed).toEqual([1]);
    const block = application.blockAt(1) ?? new Uint8Array();
    expect(said.appHash).toEqual(headerRoot(headerOf(block)));
  });

  it('are answered as before when CometBFT fell in between and asks again, and never replaced', async () => {
    const block = decided(1, [pay(0)]);
    const said = blocks.finalize(block);
    expect(blocks.finalize(block)).toBe(said);
    expect(() => blocks.finalize({ ...block, hash: new Uint8Array(32) })).toThrow(/two blocks of height 1/);
    await blocks.commit();
    expect(store.height).toBe(1);
  });

  it('have whole milliseconds that rise, whatever time they bring', async () => {
    const times = [];
    for (const [height, seconds, nanos] of [
      [1, 1_700_000_010, 1_999_999],
      [2, 1_700_000_010, 1_999_999],
      [3, 1_600_000_000, 0],
    ] as const) {
      blocks.finalize(decided(height, [], seconds, nanos));
      await blocks.commit();
      times.push(application.head().globals.timeMs);
    }
    expect(times).toEqual([1_700_000_010_001, 1_700_000_010_002, 1_700_000_010_003]);
  });

  it('are refused as proposals when they are too large, or hold what nobody signed', async () => {
    const good = pay(0);
    const forged = Uint8Array.from(good, (byte, i) => (i === 10 ? byte ^ 1 : byte));
    const large = Array.from({ length: 3 }, () => new Uint8Array(limits.maxTransactionBytes));
    const many = Array.from({ length: limits.maxBlockTransactions + 1 }, () => good);
    const cases = [[good], [], [good, forged], [Uint8Array.of(1)], large, many];
    const statuses = [];
    for (const transactions of cases) statuses.push(await blocks.judge(decided(1, transactions)));
    const { accept, reject } = proposalStatus;
    expect(statuses).toEqual([accept, accept, reject, reject, reject, reject]);
    expect(lines).toHaveLength(4);
  });

  it('are refused as proposals when they hold what nobody pays for, and none such is proposed', async () => {
    const nobody = signerOf('nobody');
    const from = (signer: typeof alice, change: Partial<TransferFields> = {}) =>
      transferOf(chain, { from: signer, to: bob.address, nonce: 0, ...change });
    const cases = [
      [from(nobody)],
      [pay(0), from(nobody), pay(1)],
      [pay(1)],
      [pay(0), pay(0)],
      [pay(0), pay(2)],
      [from(alice, { feeUnits: 0n })],
      [from(alice, { validUntil: 0 })],
      [from(alice, { feeUnits: startBalanceUnits }), from(alice, { nonce: 1 })],
    ];
    for (const transactions of cases) {
      expect(await blocks.judge(decided(1, transactions))).toBe(proposalStatus.reject);
    }
    expect(lines.join()).toMatch(/nobody pays for \(CANNOT_PAY_FEE\).*BAD_NONCE.*FEE_TOO_LOW.*EXPIRED/s);
    const poor = [
      from(alice, { amountUnits: startBalanceUnits - 2n * devnetParams.transactionFeeUnits }),
      from(alice, { nonce: 1 }),
      from(alice, { nonce: 2 }),
    ].map((bytes) => application.submit(bytes));
    await application.admitted();
    const proposed = blocks.propose(limits.maxBlockBytes);
    expect(proposed).toHaveLength(3);
    expect(await blocks.judge(decided(1, proposed))).toBe(proposalStatus.accept);
    blocks.finalize(decided(1, proposed.slice(0, 1)));
    await blocks.commit();
    expect(await blocks.judge(decided(2, proposed.slice(1)))).toBe(proposalStatus.reject);
    expect(blocks.propose(limits.maxBlockBytes)).toEqual(proposed.slice(1, 2));
    expect((await poor[2])?.code).toBe('CANNOT_PAY_FEE');
  });

  it('name as first validators those of the genesis', () => {
    const keys = firstValidators(application).map(({ publicKey }) => publicKey?.ed25519);
    expect(keys).toEqual(chain.sealers.map(({ publicKey }) => publicKey));
  });

  it('are proposed smaller while applying them takes long, and larger again after', () => {
    const room = new ProposalRoom();
    expect(room.bytes).toBe(limits.maxBlockBytes);
    room.learn(1_000_000, 500, 500);
    expect(room.bytes).toBe(500_000);
    room.learn(1000, 900, 500);
    expect(room.bytes).toBe(500_000);
    room.learn(100_000, 5000, 500);
    expect(room.bytes).toBe(64 * 1024);
    for (let i = 0; i < 40; i++) room.learn(1000, 1, 500);
    expect(room.bytes).toBe(limits.maxBlockBytes);
  });
});
