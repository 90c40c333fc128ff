import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisHash, headerRoot } from '@assay/ledger';
import { cometChainId, Genesis, SealedBlock } from '@assay/protocol';
import { encodeText, fromHex, toHex } from '@assay/ssz';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realRuntime } from '../../runtime/real.ts';
import { openStore, type Store } from '../../store/store.ts';
import { Application } from '../application.ts';
import { type AbciResponse, requestShape, responseShape } from './abci.ts';
import { AbciApplication } from './abci-application.ts';
import { BlockDriver } from './block-driver.ts';
import { Gossip } from './gossip.ts';
import { SnapshotSink, SnapshotSource } from './snapshots.ts';
import { decode, encode, type PartsOf } from './wire.ts';

const vectors = join(import.meta.dirname, '../../../../../spec/vectors');
const recorded = readdirSync(vectors).filter((name) => name.startsWith('chain-'));

describe('recorded chains, asked for as CometBFT asks §18.7', () => {
  let dir = '';
  let store: Store;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-recorded-'));
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(recorded)('%s leads to the roots of the embedded engine, at the same times', async (name) => {
    const json = JSON.parse(readFileSync(join(vectors, name), 'utf8')) as { genesis: unknown; blocks: string[] };
    const genesis = Genesis.fromJson(json.genesis);
    const hash = genesisHash(genesis);
    store = await openStore({ dir, genesisHash: hash });
    const application = await Application.restore({ store, genesis, onFatal: () => {} });
    const runtime = realRuntime(() => {});
    const blocks = new BlockDriver({ application, runtime, onCommit: async () => {}, onMisbehavior: () => {} });
    const sink = new SnapshotSink({ begin: async () => {}, log: () => {} });
    const source = new SnapshotSource(store);
    const retention = { next: () => 0 };
    const abci = new AbciApplication({ application, genesis, blocks, gossip: new Gossip(), retention, source, sink });
    const ask = async (parts: PartsOf<typeof requestShape>): Promise<AbciResponse> => {
      const response = await abci.answer(decode(requestShape, encode(requestShape, parts)));
      return decode(responseShape, encode(responseShape, response));
    };

    const appState = encodeText(JSON.stringify({ genesisHash: toHex(hash) }));
    const begun = { chainId: cometChainId(application.identity), appState, initialHeight: 1 };
    expect((await ask({ initChain: begun })).initChain?.appHash).toEqual(hash);
    for (const text of json.blocks) {
      const { header, transactions } = SealedBlock.deserialize(fromHex(text) ?? new Uint8Array()).block;
      const { height, timeMs } = header;
      const time = { seconds: Math.floor(timeMs / 1000), nanos: (timeMs % 1000) * 1_000_000 + 999_999 };
      const decided = { height, transactions, time, hash: new Uint8Array(32).fill(height) };
      const said = await ask({ finalizeBlock: decided });
      expect(said.finalizeBlock?.appHash).toEqual(headerRoot(header));
      await ask({ commit: {} });
    }
    const { info } = await ask({ info: {} });
    expect(info?.lastHeight).toBe(json.blocks.length);
  });

  it('is begun for no other chain, and proves the rows it is asked for', async () => {
    const [first = ''] = recorded;
    const json = JSON.parse(readFileSync(join(vectors, first), 'utf8')) as { genesis: unknown };
    const genesis = Genesis.fromJson(json.genesis);
    store = await openStore({ dir, genesisHash: genesisHash(genesis) });
    const application = await Application.restore({ store, genesis, onFatal: () => {} });
    const blocks = new BlockDriver({
      application,
      runtime: realRuntime(() => {}),
      onCommit: async () => {},
      onMisbehavior: () => {},
    });
    const sink = new SnapshotSink({ begin: async () => {}, log: () => {} });
    const [retention, source] = [{ next: () => 0 }, new SnapshotSource(store)];
    const abci = new AbciApplication({ application, genesis, blocks, gossip: new Gossip(), retention, source, sink });
    const ask = (request: PartsOf<typeof requestShape>) =>
      abci.answer(decode(requestShape, encode(requestShape, request)));
    const appState = encodeText(JSON.stringify({ genesisHash: '00'.repeat(32) }));
    const begun = { chainId: cometChainId(application.identity), appState, initialHeight: 1 };
    await expect(ask({ initChain: begun })).rejects.toMatchObject({ code: 'OTHER_CHAIN' });
    await ask({ finalizeBlock: { height: 1, time: { seconds: 1_800_000_000, nanos: 0 }, hash: new Uint8Array(32) } });
    await ask({ commit: {} });
    const codes = [];
    for (const path of ['/row/accounts/0', '/block/1', '/row/accounts/99999', '/block/2', '/row/nothing/0', '/']) {
      codes.push((await ask({ query: { path } })).query?.code ?? 0);
    }
    expect(codes).toEqual([0, 0, 1, 1, 1, 1]);
    await expect(ask({})).rejects.toThrow(/no application is asked/);
  });
});
