import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headerRoot } from '@assay/ledger';
import { headerOf } from '@assay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store/store.ts';
import { Application, type ApplicationOptions } from '../application.ts';
import { testChain, transferOf } from '../chain.fixture.ts';
import { chunkResult, offerResult, type Snapshot } from './abci.ts';
import { SnapshotSink, SnapshotSource } from './snapshots.ts';

const chain = testChain({ epochBlocks: 1000 });
const [alice, bob] = chain.accounts;
if (alice === undefined || bob === undefined) throw new Error('there are no accounts');

describe('the state of a height, from node to node §18.9', () => {
  let dir = '';
  let stores: Store[] = [];
  let lines: string[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-snapshots-'));
    stores = [];
    lines = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    rmSync(dir, { recursive: true, force: true });
  });
  const opened = async (name: string, of = chain, more: Partial<ApplicationOptions> = {}) => {
    const store = await openStore({ dir: join(dir, name), genesisHash: of.hash });
    stores.push(store);
    const application = await Application.restore({ store, genesis: of.genesis, onFatal: () => {}, ...more });
    return { store, application };
  };
  const grow = async (application: Application, count: number) => {
    for (let i = 0; i < count; i++) {
      const { height, timeMs } = application.head().globals;
      const transactions = [transferOf(chain, { from: alice, to: bob.address, nonce: height })];
      application.apply({ height: height + 1, timeMs: timeMs + 1, transactions });
      await application.commit(null);
    }
  };
  const sinkOf = ({ store, application }: Awaited<ReturnType<typeof opened>>) =>
    new SnapshotSink({
      begin: (block, state) => application.begin(block, state, store),
      log: (line) => lines.push(line),
    });
  const appHashOf = (application: Application, height: number) =>
    headerRoot(headerOf(application.blockAt(height) ?? new Uint8Array()));
  /** Gives all pieces of a snapshot to a sink; what it says to the last. */
  const give = async (source: SnapshotSource, { height, chunks }: Snapshot, sink: SnapshotSink) => {
    let said = 0;
    for (let index = 0; index < chunks; index++) {
      const chunk = Uint8Array.from(source.chunk(height, index));
      said = (await sink.take({ index, chunk, sender: 'peer' })).result ?? 0;
    }
    return said;
  };

  it('is written at the same heights, three of them kept, and one that is fetched goes on being served', async () => {
    const { store, application } = await opened('a', chain, { snapshotEvery: 2 });
    const source = new SnapshotSource(store, { chunkBytes: 1024 });
    await grow(application, 3);
    const [offer] = source.list();
    if (offer === undefined) throw new Error('there is no snapshot');
    expect([offer.height, offer.chunks > 1]).toEqual([2, true]);
    const first = Uint8Array.from(source.chunk(2, 0));
    await grow(application, 6);
    expect(source.list().map(({ height }) => height)).toEqual([8, 6, 4]);
    expect(source.chunk(2, 0)).toEqual(first);
    expect(source.chunk(3, 0)).toHaveLength(0);
  });

  it('begins the chain of a node that has none, which goes on from there and after a restart', async () => {
    const from = await opened('a', chain, { snapshotEvery: 2 });
    await grow(from.application, 3);
    const source = new SnapshotSource(from.store, { chunkBytes: 1024 });
    const [offer] = source.list();
    if (offer === undefined) throw new Error('there is no snapshot');
    const to = await opened('b');
    const sink = sinkOf(to);
    expect(sink.offer({ snapshot: offer, appHash: appHashOf(from.application, 2) })).toBe(offerResult.accept);
    expect(await give(source, offer, sink)).toBe(chunkResult.accept);
    expect([to.store.base, to.application.head().globals.height]).toEqual([2, 2]);
    await grow(to.application, 1);
    expect(to.application.stateRoot()).toEqual(from.application.stateRoot());
    await to.store.close();
    stores = [from.store];
    const again = await opened('b');
    expect(again.application.stateRoot()).toEqual(from.application.stateRoot());
  });

  it.each([
    ['the header of another height', { appHeight: 1 }, /not the one that the validators signed/],
    ['pieces whose hash was changed, too', { height: 3 }, /not the one that the validators signed/],
  ])(
    'is refused for %s, and the chain stays empty',
    async (_, { appHeight = 2, height = 2 }: { appHeight?: number; height?: number }, words) => {
      const from = await opened('a', chain, { snapshotEvery: 2 });
      await grow(from.application, 3);
      const source = new SnapshotSource(from.store, { chunkBytes: 1024 });
      const [offer] = source.list();
      if (offer === undefined) throw new Error('there is no snapshot');
      const to = await opened('b');
      const sink = sinkOf(to);
      sink.offer({ snapshot: { ...offer, height }, appHash: appHashOf(from.application, appHeight) });
      expect(await give(source, offer, sink)).toBe(chunkResult.rejectSnapshot);
      expect(lines.join()).toMatch(words);
      expect([to.store.height, to.application.head().globals.height]).toEqual([0, 0]);
    },
  );

  it('is fetched from others where one sends a wrong piece, and no more from that one', async () => {
    const from = await opened('a', chain, { snapshotEvery: 2 });
    await grow(from.application, 3);
    const source = new SnapshotSource(from.store, { chunkBytes: 1024 });
    const [offer] = source.list();
    if (offer === undefined) throw new Error('there is no snapshot');
    const to = await opened('b');
    const sink = sinkOf(to);
    sink.offer({ snapshot: offer, appHash: appHashOf(from.application, 2) });
    for (let index = 0; index < offer.chunks; index++) {
      const chunk = Uint8Array.from(source.chunk(2, index));
      const wrong = chunk.with(9, (chunk[9] ?? 0) ^ 1);
      const said = await sink.take({ index, chunk: wrong, sender: 'liar' });
      expect(said).toEqual({ result: chunkResult.retry, refetchChunks: Uint8Array.of(index), rejectSender: 'liar' });
      expect((await sink.take({ index, chunk, sender: 'honest' })).result).toBe(chunkResult.accept);
    }
    expect(to.application.stateRoot()).toEqual(headerOf(from.application.blockAt(2) ?? new Uint8Array()).stateRoot);
    expect(lines.join()).toMatch(/piece 0 of the state of height 2 is wrong; liar is left out/);
  });

  it('is refused when it is of another genesis', async () => {
    const from = await opened('a', chain, { snapshotEvery: 1 });
    await grow(from.application, 1);
    const other = testChain({ chainId: 'other' });
    const to = await opened('b', other);
    const source = new SnapshotSource(from.store, { chunkBytes: 1024 });
    const [offer] = source.list();
    if (offer === undefined) throw new Error('there is no snapshot');
    const sink = sinkOf(to);
    sink.offer({ snapshot: offer, appHash: appHashOf(from.application, 1) });
    expect(await give(source, offer, sink)).toBe(chunkResult.rejectSnapshot);
    expect(lines.join()).toMatch(/another chain/);
  });

  it('is not begun in another format, nor with pieces out of their order', async () => {
    const sink = sinkOf(await opened('b'));
    const metadata = new Uint8Array(64);
    const hash = Uint8Array.from(createHash('sha256').update(metadata).digest());
    const offer = { height: 1, format: 2, chunks: 2, hash, metadata };
    const appHash = new Uint8Array(32);
    expect(sink.offer({ snapshot: { ...offer, format: 1 }, appHash })).toBe(offerResult.rejectFormat);
    expect(sink.offer({ snapshot: { ...offer, hash: appHash }, appHash })).toBe(offerResult.reject);
    expect(sink.offer({ snapshot: { ...offer, chunks: 1 }, appHash })).toBe(offerResult.reject);
    expect(sink.offer({ snapshot: { ...offer, chunks: 2 ** 20 }, appHash })).toBe(offerResult.reject);
    expect(sink.offer({ snapshot: offer, appHash })).toBe(offerResult.accept);
    const second = { index: 1, chunk: new Uint8Array(1), sender: 'peer' };
    expect((await sink.take(second)).result).toBe(chunkResult.retrySnapshot);
  });
});
