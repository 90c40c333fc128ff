import { honest, World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { BlsSigner, generateBlsSecret } from '../crypto/signers.ts';
import { aggregateBls, nativeVerifier } from '../crypto/verifier.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import type { Store } from '../store/store.ts';
import { openTestEngine, signerOf, type TestChain } from './chain.fixture.ts';
import { rebuildViews, replay } from './replay.ts';

/** The ledger's test network with the node's own signatures. */
function newWorld(): World {
  return new World({
    keys: {
      verifier: nativeVerifier,
      account: signerOf,
      committee(name) {
        const signer = new BlsSigner(generateBlsSecret(signerOf(name).publicKey));
        return { publicKey: signer.publicKey, possession: signer.possession(), sign: (root) => signer.sign(root) };
      },
      aggregate: (signatures) => aggregateBls(signatures) ?? new Uint8Array(96),
    },
  });
}

function chainOf(world: World): TestChain {
  const { chain } = world.state;
  const sealers = world.genesis.validators.map((_, i) => signerOf(`consensus${i}`));
  return { genesis: world.genesis, hash: chain.genesisHash, identity: chain, validators: [], sealers, accounts: [] };
}

const viewsOf = (store: Store) => ({
  tasks: store.recentTasks({ limit: 10 }),
  close: store.epochClose(0),
  results: Array.from({ length: store.height }, (_, i) => store.resultAt(i + 1)),
});

describe('a task on its way through engine and store', () => {
  it('is found with its audit, its pay and its history, and again after a restart and a rebuilding', async () => {
    const world = newWorld();
    const chain = chainOf(world);
    const dir = await newDirectory();
    const { engine, store, close } = await openTestEngine(chain, dir, { nowMs: () => 0 });
    engine.chain.onBlock(({ block: { header, transactions } }) =>
      world.ledger.applyBlock({ ...header, transactions }, nativeVerifier),
    );
    const block = async (...transactions: Uint8Array[]) => {
      const submitted = transactions.map((bytes) => engine.chain.submit(bytes));
      await engine.produceNow();
      for (const inclusion of submitted) expect((await inclusion).code).toBe('OK');
    };
    await block(world.tx('minerA', 'registerMiner', world.registration()));
    await block(world.tx('payer', 'openSession', world.session()));
    await block();
    const receipts = [world.receipt(), world.receipt()];
    const [first, second] = receipts.map(({ taskId }) => taskId) as [Uint8Array, Uint8Array];
    expect(store.task(first)).toBeNull();
    await block(world.batchTx({ receipts }));
    const certifiedAt = store.height;
    expect(store.task(first)).toMatchObject({ order: 1, index: 0, audit: null, receipt: receipts[0] });
    while (world.auditorsOf(second).length === 0) await block(world.batchTx());
    for (const taskId of [first, second]) {
      const pairs = world.auditorsOf(taskId).map((validator) => world.auditPair(validator, taskId, honest));
      await block(...pairs.map((pair) => pair.commit()));
      await block(...pairs.map((pair) => pair.reveal()));
    }
    while (world.state.globals.epoch === 0) await block();

    expect(store.taskCount).toBe(2);
    expect(store.recentTasks({ limit: 10 }).map(({ order }) => order)).toEqual([2, 1]);
    expect(store.recentTasks({ limit: 1 }).map(({ order }) => order)).toEqual([2]);
    expect(store.recentTasks({ limit: 10, before: 2 }).map(({ order }) => order)).toEqual([1]);
    expect(store.recentTasks({ limit: 10, before: 1 })).toEqual([]);
    const record = store.task(first);
    expect(record).toMatchObject({ paidEpoch: 0, refundedUnits: 0n, audit: { verdict: 'pass' } });
    expect(record?.row).toMatchObject({ status: 'settled', height: certifiedAt });
    expect(record?.history.map(({ event }) => event.type)).toEqual([
      'taskCertified',
      'auditOpened',
      'auditDrawn',
      'auditRevealed',
      'auditRevealed',
      'taskApproved',
      'taskPaid',
    ]);
    expect(store.epochClose(0)).toMatchObject({ height: store.height, close: { epoch: 0 } });
    expect(store.epochClose(0)?.close.payouts.length).toBeGreaterThan(0);
    expect(store.epochClose(1)).toBeNull();

    const views = viewsOf(store);
    const stateRoot = engine.chain.stateRoot();
    await close();
    const again = await openTestEngine(chain, dir);
    expect(again.engine.chain.stateRoot()).toEqual(stateRoot);
    expect(viewsOf(again.store)).toEqual(views);
    await rebuildViews(again.store, chain.genesis);
    expect(viewsOf(again.store)).toEqual(views);
    expect(await replay(again.store, chain.genesis)).toEqual({ height: again.store.height, stateRoot });
    await again.close();
  });
});
