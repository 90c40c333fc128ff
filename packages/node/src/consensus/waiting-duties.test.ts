import { genesisHash } from '@assay/ledger';
import { realKeys, World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openTestEngine, signerOf } from './chain.fixture.ts';

/** An engine that makes the blocks of a world as well: the world knows whose turn it is and signs. */
async function mirrored() {
  const world = new World({ keys: realKeys });
  const { genesis } = world;
  const sealers = ['consensus0', 'consensus1', 'consensus2', 'consensus3'].map(signerOf);
  const hash = genesisHash(genesis);
  const identity = { chainId: 'assay-test', genesisHash: hash };
  const { engine, close } = await openTestEngine(
    { genesis, hash, identity, validators: [], sealers, accounts: [] },
    await newDirectory(),
  );
  const block = async (...transactions: Uint8Array[]) => {
    world.block(...transactions);
    const sent = transactions.map((bytes) => engine.chain.submit(bytes));
    await engine.produceNow();
    return (await Promise.all(sent)).map(({ code }) => code);
  };
  return { world, engine, block, close };
}

describe('a duty of the ledger §16.12', () => {
  it("waits behind another message of its sender: a panel's free vote after its word that it is there", async () => {
    const { world, engine, block, close } = await mirrored();
    const terms = { royaltyBps: 0, contextTokens: 1, priceInUnits: 1n, priceOutUnits: 1n, difficultyPpm: 1_000_000 };
    const model = {
      name: 'n',
      domain: 0,
      fileHash: new Uint8Array(32).fill(9),
      manifestRoot: new Uint8Array(32),
      t1ThresholdPpb: 1,
      ...terms,
    };
    await block(world.tx('minerC', 'registerModel', model));
    while (world.state.globals.epoch === 0 || world.state.models.at(2).panel.length === 0) await block(world.batchTx());
    const [seat] = engine.chain.head().models.at(2).panel;
    const { epochBeacon } = engine.chain.head().globals;
    const free = { feeUnits: 0n };
    const validator = `validator${seat?.validator ?? 0}` as const;
    const codes = await block(
      world.tx(validator, 'presence', { kind: 'validator', epochBeacon }, free),
      world.tx(validator, 'acceptModel', { model: 2, accepts: true }, free),
    );
    expect(codes).toEqual(['OK', 'OK']);
    expect(engine.chain.head().models.at(2).panel[0]?.vote).toBe('accepts');
    await close();
  });
});
