import { blockSigningRoot, genesisHash } from '@assay/ledger';
import { Block, type BlockHeader, Seal, type SealSignature, TransactionList } from '@assay/protocol';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openStore } from '../store/store.ts';
import { isSettling, openTestEngine, testChain, transferOf } from './chain.fixture.ts';
import { loadChain, rebuildViews, replay } from './replay.ts';

const chain = testChain({ epochBlocks: 4 });
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const last = 10;

/** A store with one transfer in every block. */
async function storeWithBlocks(): Promise<string> {
  const dir = await newDirectory();
  const { engine, close } = await openTestEngine(chain, dir);
  for (let nonce = 0; nonce < last; nonce++) {
    const inclusion = engine.chain.submit(transferOf(chain, { from: alice, to: bob.address, nonce }));
    await engine.produceNow();
    expect((await inclusion).code).toBe('OK');
  }
  await close();
  return dir;
}

/** Changes what lies in a table of a closed store, as a bad disk or a bad hand would. */
async function tamper(dir: string, table: string, height: number, change: (bytes: Uint8Array) => Uint8Array) {
  const environment = open({ path: dir, noSubdir: false, maxDbs: 16 });
  const rows = environment.openDB<Buffer, number>(table, { keyEncoding: 'uint32', encoding: 'binary' });
  const before = rows.get(height);
  if (before !== undefined) await rows.put(height, Buffer.from(change(Uint8Array.from(before))));
  await environment.close();
  expect(before).toBeDefined();
}

async function replayOf(dir: string): Promise<string> {
  const store = await openStore({ dir, genesisHash: chain.hash });
  const said = await replay(store, chain.genesis).then(
    ({ height }) => `sound to ${height}`,
    (error: Error & { code: string }) => `${error.code}: ${error.message}`,
  );
  await store.close();
  return said;
}

/** A change of the block and the seal of a height in a closed store. */
type Tampering = (dir: string, height: number) => Promise<void>;

const editBlock =
  (edit: (block: Block) => Block): Tampering =>
  (dir, height) =>
    tamper(dir, 'blocks', height, (bytes) => Block.serialize(edit(Block.deserialize(bytes))));
const editSeal =
  (edit: (signatures: SealSignature[]) => SealSignature[], proposer?: number): Tampering =>
  (dir, height) =>
    tamper(dir, 'seals', height, (bytes) => {
      const { kind, value } = Seal.deserialize(bytes);
      if (kind !== 'embedded') throw new Error(`a seal of ${kind}`);
      const signatures = edit(value.signatures);
      return Seal.serialize({ kind, value: { proposer: proposer ?? value.proposer, signatures } });
    });
const editHeader = (edit: Partial<BlockHeader>) =>
  editBlock((block) => ({ ...block, header: { ...block.header, ...edit } }));
/** Seals a changed block with the keys of its validators. */
const resign =
  (edit: (block: Block) => Block): Tampering =>
  async (dir, height) => {
    let root: Uint8Array = zero;
    await editBlock((block) => {
      const changed = edit(block);
      const header = { ...changed.header, transactionsRoot: TransactionList.hashTreeRoot(changed.transactions) };
      root = blockSigningRoot(chain.identity, header);
      return { ...changed, header };
    })(dir, height);
    const sign = (signer: (typeof chain.sealers)[0], validator: number) => ({
      validator,
      signature: signer.sign(root),
    });
    await editSeal(() => chain.sealers.map(sign))(dir, height);
  };
const zero = new Uint8Array(32);

describe('replay from genesis', () => {
  it('finds an untouched chain sound and reports how far it is', async () => {
    const dir = await storeWithBlocks();
    const store = await openStore({ dir, genesisHash: chain.hash });
    const heights: number[] = [];
    await replay(store, chain.genesis, ({ height, of }) => heights.push(height, of));
    expect(heights).toEqual([last, last]);
    await store.close();
  });

  it('names height and reason of every kind of tampering', async () => {
    const cases: [string, Tampering, RegExp][] = [
      [
        'cut short',
        (dir, at) => tamper(dir, 'blocks', at, (bytes) => bytes.slice(0, 100)),
        /Block 5: its bytes are no/,
      ],
      ['another height', editHeader({ height: 6 }), /Block 5: it says it is block 6/],
      [
        'another parent',
        editHeader({ parentRoot: zero }),
        /Block 5: the parent root is [0-9a-f]{64}, but its header says 0{64}/,
      ],
      [
        'no transactions',
        editBlock((block) => ({ ...block, transactions: [] })),
        /Block 5: the root of the transactions is/,
      ],
      ['another time', editHeader({ timeMs: 1_900_000_000_000 }), /Block 5: the signature of validator 0 in its seal/],
      [
        'a stranger’s',
        editSeal(([one]) => (one === undefined ? [] : [{ ...one, validator: 3 }])),
        /validator 3, and there/,
      ],
      [
        'another one’s',
        editSeal(([one]) => (one === undefined ? [] : [{ ...one, validator: 1 }])),
        /validator 1 in its/,
      ],
      ['one of them twice', editSeal(([one]) => (one === undefined ? [] : [one, one])), /not in rising order/],
      ['another proposer', editSeal((all) => all, 1), /proposed it, and the turn was that of 0/],
      ['an empty seal', editSeal(() => []), /Block 5: nobody has signed its seal/],
      [
        'a seal cut short',
        (dir, at) => tamper(dir, 'seals', at, () => new Uint8Array()),
        /Block 5: its seal cannot be/,
      ],
      [
        'a transfer left out',
        resign((block) => ({ ...block, transactions: [] })),
        /Block 5: the state root is.* other rules made it/,
      ],
      ['an old time', resign((block) => ({ ...block, header: { ...block.header, timeMs: 5 } })), /Block 5: .*time/],
    ];
    for (const [name, change, reason] of cases) {
      const dir = await storeWithBlocks();
      await change(dir, 5);
      const said = await replayOf(dir);
      expect(said, name).toMatch(/^DATA_DAMAGED: /);
      expect(said, name).toMatch(reason);
    }
  });

  it('finds a seal that is missing, unless the next block would bring it', async () => {
    for (const [height, said] of [
      [3, 'DATA_DAMAGED: .*Block 3: it has no seal'],
      [last, `sound to ${last}`],
    ] as const) {
      const dir = await storeWithBlocks();
      const environment = open({ path: dir, noSubdir: false, maxDbs: 16 });
      await environment.openDB('seals', { keyEncoding: 'uint32', encoding: 'binary' }).remove(height);
      await environment.close();
      expect(await replayOf(dir)).toMatch(new RegExp(said));
    }
  });

  it('finds a block that is missing', async () => {
    const dir = await storeWithBlocks();
    const environment = open({ path: dir, noSubdir: false, maxDbs: 16 });
    await environment.openDB('blocks', { keyEncoding: 'uint32', encoding: 'binary' }).remove(3);
    await environment.close();
    expect(await replayOf(dir)).toMatch(/Block 3: it is missing/);
  });
});

describe('loading a chain', () => {
  it('passes over a snapshot that is not what its header says', async () => {
    const dir = await storeWithBlocks();
    const before = await openStore({ dir, genesisHash: chain.hash });
    const sound = await loadChain(before, chain.genesis);
    await before.close();
    expect(sound.snapshot.height).toBeGreaterThan(0);
    await tamper(dir, 'snapshots', sound.snapshot.height, (bytes) => bytes.slice(0, -1));
    const after = await openStore({ dir, genesisHash: chain.hash });
    const { snapshot, ledger } = await loadChain(after, chain.genesis);
    expect(snapshot.height).toBeLessThan(sound.snapshot.height);
    expect(ledger.stateRoot()).toEqual(sound.ledger.stateRoot());
    await after.close();
  });

  it('begins with a snapshot of any block, one in the middle of a settlement too (§2.7)', async () => {
    const genesis = { ...chain.genesis, params: { ...chain.genesis.params, settlementRows: 1 } };
    const slow = { ...chain, genesis, hash: genesisHash(genesis) };
    const dir = await newDirectory();
    const { engine, store: running, close } = await openTestEngine(slow, dir);
    while (!isSettling(engine.chain)) await engine.produceNow();
    const { height } = engine.chain.head().globals;
    const half = Buffer.from((await loadChain(running, genesis)).ledger.snapshot());
    await engine.produceNow();
    expect(isSettling(engine.chain)).toBe(true);
    await close();
    const environment = open({ path: dir, noSubdir: false, maxDbs: 16 });
    await environment.openDB('snapshots', { keyEncoding: 'uint32', encoding: 'binary' }).put(height, half);
    await environment.close();
    const store = await openStore({ dir, genesisHash: slow.hash });
    const { snapshot, ledger } = await loadChain(store, genesis);
    expect(snapshot.height).toBe(height);
    expect(ledger.stateRoot()).toEqual(engine.chain.stateRoot());
    await store.close();
  });

  it('refuses blocks that do not lead to their state root', async () => {
    const dir = await storeWithBlocks();
    await editHeader({ stateRoot: zero })(dir, last);
    await expect(openTestEngine(chain, dir)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
  });

  it('agrees about a transaction refused for its signature, which only another proposer would include', async () => {
    const dir = await storeWithBlocks();
    const forged = transferOf(chain, { from: alice, to: bob.address, nonce: last });
    forged[4] = (forged[4] ?? 0) ^ 1;
    await resign((block) => ({ ...block, transactions: [...block.transactions, forged] }))(dir, last);
    expect(await replayOf(dir)).toBe(`sound to ${last}`);
    const store = await openStore({ dir, genesisHash: chain.hash });
    await rebuildViews(store, chain.genesis);
    expect(store.resultAt(last)?.codes).toEqual(['OK', 'BAD_SIGNATURE']);
    expect((await loadChain(store, chain.genesis)).ledger.state.nonceOf(alice.address)).toBe(last);
    await store.close();
  });
});

describe('rebuilding the views', () => {
  it('gives the same results as were written with the blocks', async () => {
    const dir = await storeWithBlocks();
    const store = await openStore({ dir, genesisHash: chain.hash });
    const results = () => Array.from({ length: last }, (_, i) => store.resultAt(i + 1));
    const before = results();
    await store.clearViews();
    expect([store.viewsHeight, store.resultAt(1)]).toEqual([0, null]);
    await rebuildViews(store, chain.genesis);
    expect(store.viewsHeight).toBe(last);
    expect(results()).toEqual(before);
    await store.close();
  });

  it('is done at the start when it was cut off before', async () => {
    const dir = await storeWithBlocks();
    const store = await openStore({ dir, genesisHash: chain.hash });
    await store.clearViews();
    await store.close();
    const again = await openTestEngine(chain, dir);
    expect(again.store.viewsHeight).toBe(last);
    await again.close();
  });
});
