import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { type AssayError, Block, limits, Seal } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { isSettling, openTestEngine, startBalanceUnits, testChain, transferOf } from './chain.fixture.ts';
import { replay } from './replay.ts';
import { signTransaction } from './sign.ts';

const chain = testChain();
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const fee = chain.genesis.params.transactionFeeUnits;
const pay = (nonce: number, more = {}) => transferOf(chain, { from: alice, to: bob.address, nonce, ...more });

describe('embedded engine', () => {
  it('resolves a transaction once its block is in the store, and tells the listeners', async () => {
    const { engine, store, close } = await openTestEngine(chain, await newDirectory());
    const heard: number[] = [];
    const unsubscribe = engine.chain.onBlock(({ result }) => heard.push(result.height, store.height));
    const inclusion = engine.chain.submit(pay(0, { amountUnits: 5n }));
    const committed = await engine.produceNow();
    expect(await inclusion).toMatchObject({ code: 'OK', height: 1 });
    expect(heard).toEqual([1, 1]);
    unsubscribe();
    await engine.produceNow();
    expect(heard).toEqual([1, 1]);
    expect(Block.deserialize(engine.chain.blockAt(1) as Uint8Array)).toEqual(committed.block);
    expect(committed.block.header.parentRoot).toEqual(chain.hash);
    expect(Block.deserialize(engine.chain.blockAt(2) as Uint8Array).header.parentRoot).toEqual(committed.root);
    expect(engine.chain.blockAt(3)).toBeNull();
    expect(engine.chain.head().balanceOf(alice.address)).toBe(startBalanceUnits - 5n - fee);
    await close();
  });

  it.each([
    ['deleted', (lock: string) => rm(lock)],
    ['replaced', (lock: string) => rm(lock).then(() => writeFile(lock, ''))],
  ])('stops before its next block when the lock of its directory is %s', async (_, change) => {
    const dir = await newDirectory();
    const fatal: AssayError[] = [];
    const { engine, store, close } = await openTestEngine(chain, dir, { onFatal: (error) => fatal.push(error) });
    await engine.produceNow();
    await change(join(dir, 'lock'));
    const stopped = { code: 'DATA_IN_USE', message: expect.stringContaining('deleted or replaced') };
    await expect(engine.produceNow()).rejects.toMatchObject(stopped);
    expect([fatal, store.height]).toEqual([[expect.objectContaining(stopped)], 1]);
    await close();
  });

  it('goes on with a settlement it was stopped in', async () => {
    const slow = { ...chain, genesis: { ...chain.genesis, params: { ...chain.genesis.params, settlementRows: 2 } } };
    const spread = { ...slow, hash: genesisHash(slow.genesis) };
    const dir = await newDirectory();
    const first = await openTestEngine(spread, dir);
    while (!isSettling(first.engine.chain)) await first.engine.produceNow();
    const root = first.engine.chain.stateRoot();
    await first.close();
    const second = await openTestEngine(spread, dir);
    expect(isSettling(second.engine.chain)).toBe(true);
    expect(second.engine.chain.stateRoot()).toEqual(root);
    while (isSettling(second.engine.chain)) await second.engine.produceNow();
    expect(second.engine.chain.head().globals).toMatchObject({ epoch: 1, settledEpochs: 1, settlingUnits: 0n });
    await replay(second.store, spread.genesis);
    await second.close();
  });

  it('makes blocks on a timer until it is stopped, then gives up on what waits', async () => {
    const { engine, store, close } = await openTestEngine(chain, await newDirectory());
    const third = new Promise<void>((resolve) => {
      engine.chain.onBlock(({ result }) => result.height === 3 && resolve());
    });
    engine.start();
    expect((await engine.chain.submit(pay(0))).code).toBe('OK');
    await third;
    const late = engine.chain.submit(pay(1));
    const refused = expect(late).rejects.toMatchObject({ code: 'NODE_STOPPED' });
    await engine.stop();
    await refused;
    const { height } = store;
    await expect(engine.produceNow()).rejects.toMatchObject({ code: 'NODE_STOPPED' });
    expect(store.height).toBe(height);
    await close();
  });

  it('puts the nonces of one sender in one block; refuses a gap, a repetition and an unpayable promise', async () => {
    const { engine, close } = await openTestEngine(chain, await newDirectory());
    const submitted = [0, 1, 2].map((nonce) => engine.chain.submit(pay(nonce)));
    expect(await engine.chain.submit(pay(4))).toMatchObject({ code: 'BAD_NONCE', height: 0 });
    expect(await engine.chain.submit(pay(2))).toMatchObject({ code: 'BAD_NONCE', height: 0 });
    expect(await engine.chain.submit(pay(3, { feeUnits: 0n }))).toMatchObject({ code: 'FEE_TOO_LOW', height: 0 });
    const unpayable = pay(3, { feeUnits: startBalanceUnits });
    expect(await engine.chain.submit(unpayable)).toMatchObject({ code: 'CANNOT_PAY_FEE', height: 0 });
    await engine.produceNow();
    expect(await Promise.all(submitted)).toEqual([0, 1, 2].map(() => ({ code: 'OK', height: 1, events: [] })));
    await close();
  });

  it('admits in the order of submission, however long each check takes', async () => {
    const { engine, close } = await openTestEngine(chain, await newDirectory());
    const submitted = Array.from({ length: 200 }, (_, nonce) => engine.chain.submit(pay(nonce)));
    await engine.produceNow();
    expect(new Set((await Promise.all(submitted)).map(({ code, height }) => `${code} ${height}`))).toEqual(
      new Set(['OK 1']),
    );
    await close();
  });

  it('refuses at once what the ledger refuses', async () => {
    const { engine, close } = await openTestEngine(chain, await newDirectory());
    const forged = pay(0);
    forged[10] = (forged[10] ?? 0) ^ 1;
    const cases: [Uint8Array, string][] = [
      [Uint8Array.of(1, 2, 3), 'MALFORMED'],
      [new Uint8Array(limits.maxTransactionBytes + 1), 'TOO_LARGE'],
      [forged, 'BAD_SIGNATURE'],
      [pay(0, { validUntil: 0 }), 'EXPIRED'],
      [pay(0, { amountUnits: 0n }), 'ZERO_AMOUNT'],
    ];
    for (const [bytes, code] of cases)
      expect(await engine.chain.submit(bytes)).toEqual({ code, height: 0, events: [] });
    await close();
  });

  it('refuses the later transactions of a sender when an earlier one could not use its nonce', async () => {
    const poor = testChain({ chainId: 'poor' });
    const [from, to] = poor.accounts as [typeof alice, typeof alice];
    const { engine, close } = await openTestEngine(poor, await newDirectory());
    const all = startBalanceUnits - fee;
    const codes = [0, 1, 2].map((nonce) =>
      engine.chain.submit(transferOf(poor, { from, to: to.address, nonce, amountUnits: nonce === 0 ? all : 1n })),
    );
    await engine.produceNow();
    expect((await Promise.all(codes)).map(({ code }) => code)).toEqual(['OK', 'CANNOT_PAY_FEE', 'BAD_NONCE']);
    await close();
  });

  it('keeps the time rising when the clock jumps back', async () => {
    let nowMs = chain.genesis.timeMs + 5000;
    const { engine, close } = await openTestEngine(chain, await newDirectory(), { nowMs: () => nowMs });
    const times: number[] = [];
    engine.chain.onBlock(({ block }) => times.push(block.header.timeMs));
    await engine.produceNow();
    nowMs -= 60_000;
    await engine.produceNow();
    nowMs += 90_000;
    await engine.produceNow();
    expect(times).toEqual([5000, 5001, 35_000].map((ms) => chain.genesis.timeMs + ms));
    await close();
  });

  it('comes back with the same root, from a snapshot and the blocks after it, and from the blocks alone', async () => {
    const dir = await newDirectory();
    const first = await openTestEngine(chain, dir);
    for (let nonce = 0; nonce < 20; nonce++) {
      const inclusion = first.engine.chain.submit(pay(nonce, { amountUnits: BigInt(nonce + 1) }));
      await first.engine.produceNow();
      expect((await inclusion).code).toBe('OK');
    }
    const root = first.engine.chain.stateRoot();
    await first.close();
    const second = await openTestEngine(chain, dir);
    expect(second.engine.chain.stateRoot()).toEqual(root);
    expect(await replay(second.store, chain.genesis)).toEqual({ height: 20, stateRoot: root });
    await second.engine.produceNow();
    expect(second.store.height).toBe(21);
    await second.close();
  });

  it('gives the same roots for the same transactions in another store', async () => {
    const roots: string[][] = [[], []];
    for (const run of roots) {
      const nowMs = () => 0;
      const { engine, close } = await openTestEngine(chain, await newDirectory(), { nowMs });
      for (let nonce = 0; nonce < 10; nonce++) {
        const inclusion = engine.chain.submit(pay(nonce));
        const { root, result } = await engine.produceNow();
        await inclusion;
        run.push(
          Buffer.from(root).toString('hex'),
          Buffer.from(engine.chain.sealAt(result.height) ?? []).toString('hex'),
        );
      }
      await close();
    }
    expect(roots[0]).toEqual(roots[1]);
    expect(new Set(roots[0]).size).toBe(20);
  });

  it('lets what a role put for a time go with the block of that height', async () => {
    const { engine, store, close } = await openTestEngine(chain, await newDirectory());
    const memory = store.roleStore('miner-1');
    for (const key of ['short', 'renewed', 'long']) memory.put(key, Uint8Array.of(1), key === 'long' ? 3 : 2);
    memory.put('kept', Uint8Array.of(1));
    await engine.produceNow();
    memory.put('renewed', Uint8Array.of(2), 4);
    await engine.produceNow();
    const keys = () => [...memory.entries('')].map(({ key }) => key);
    expect(keys()).toEqual(['kept', 'long', 'renewed']);
    await engine.produceNow();
    await engine.produceNow();
    expect(keys()).toEqual(['kept']);
    await close();
  });

  it('seals with the validators’ keys that it holds, and stops when it holds none (§2.1.1)', async () => {
    const dir = await newDirectory();
    const fatal: string[] = [];
    let held = chain.sealers.slice(0, 2);
    const signerOf = (key: Uint8Array) => held.find(({ publicKey }) => equalBytes(publicKey, key)) ?? null;
    const onFatal = ({ code }: AssayError) => fatal.push(code);
    const { engine, store, close } = await openTestEngine(chain, dir, { signerOf, onFatal });
    await engine.produceNow();
    const seal = Seal.deserialize(engine.chain.sealAt(1) ?? new Uint8Array());
    expect(seal.kind === 'embedded' && seal.value.signatures.map(({ validator }) => validator)).toEqual([0, 1]);
    await replay(store, chain.genesis);
    held = [];
    await expect(engine.produceNow()).rejects.toMatchObject({ code: 'NO_PROPOSER' });
    expect([fatal, store.height]).toEqual([['NO_PROPOSER'], 1]);
    await close();
    await expect(openTestEngine(chain, dir, { signerOf })).rejects.toMatchObject({ code: 'NO_PROPOSER' });
  });

  it('proposes by powers, over a restart too (economics §8.5)', async () => {
    const weighted = testChain({ makers: 3, stakes: [270_000n, 230_000n, 500_000n] });
    const dir = await newDirectory();
    const turns = [0, 0, 0];
    for (const blocks of [37, 63]) {
      const { engine, close } = await openTestEngine(weighted, dir);
      for (let i = 0; i < blocks; i++) {
        const { block } = await engine.produceNow();
        const seal = Seal.deserialize(engine.chain.sealAt(block.header.height) ?? new Uint8Array());
        if (seal.kind === 'embedded') turns[seal.value.proposer] = (turns[seal.value.proposer] ?? 0) + 1;
      }
      await close();
    }
    expect(turns).toEqual([27, 23, 50]);
  });

  it('stops before a block whose rules it does not know, and loses nothing (§2.4)', async () => {
    const governance = { ...chain.genesis.params.governance, votingEpochs: 1, delayEpochs: 0, depositUnits: 0n };
    const genesis = { ...chain.genesis, params: { ...chain.genesis.params, governance } };
    const hash = genesisHash(genesis);
    const voting = { ...chain, genesis, hash, identity: { ...chain.identity, genesisHash: hash } };
    const dir = await newDirectory();
    const fatal: AssayError[] = [];
    const { engine, store, close } = await openTestEngine(voting, dir, { onFatal: (error) => fatal.push(error) });
    const action = { kind: 'upgrade' as const, value: { rule: 2, height: 18 } };
    const envelope = { nonce: 0, validUntil: 100, feeUnits: fee };
    const chainOf = { chain: voting.identity };
    const voters = voting.validators.flatMap((signer, i) => [
      transferOf(voting, { from: alice, to: signer.address, nonce: i + 1, amountUnits: fee }),
      signTransaction({ signer, ...chainOf }, ['vote', { proposal: 0, choice: 'yes' }], envelope),
    ]);
    const proposal = signTransaction({ signer: alice, ...chainOf }, ['propose', { action }], envelope);
    for (const transaction of [proposal, ...voters]) {
      const inclusion = engine.chain.submit(transaction);
      await engine.produceNow();
      expect((await inclusion).code).toBe('OK');
    }
    while (store.height < 17) await engine.produceNow();
    await expect(engine.produceNow()).rejects.toMatchObject({ code: 'UNKNOWN_RULE' });
    const sentence = 'This version does not know the rules of the next block; install a newer one.';
    const detail = 'From block 18 on rule 2 holds, by a vote; this version knows rules up to 1. Nothing is lost.';
    expect(fatal.map(({ message }) => message)).toEqual([`${sentence} ${detail}`]);
    expect(await readdir(dir)).not.toContain('halted-17');
    await close();
    const again = await openTestEngine(voting, dir);
    await expect(again.engine.produceNow()).rejects.toMatchObject({ code: 'UNKNOWN_RULE' });
    expect(again.store.height).toBe(17);
    await again.close();
  });

  it('stops, tells why and leaves a dump when the ledger cannot apply a block', async () => {
    const dir = await newDirectory();
    const fatal: AssayError[] = [];
    const nowMs = () => Number.NaN;
    const { engine, store, close } = await openTestEngine(chain, dir, { nowMs, onFatal: (error) => fatal.push(error) });
    const taken = expect(engine.chain.submit(pay(0))).rejects.toMatchObject({ code: 'LEDGER_HALTED' });
    await expect(engine.produceNow()).rejects.toMatchObject({ code: 'LEDGER_HALTED' });
    await taken;
    await expect(engine.chain.submit(pay(0))).rejects.toMatchObject({ code: 'LEDGER_HALTED' });
    expect(fatal.map(({ code }) => code)).toEqual(['LEDGER_HALTED']);
    expect(await readdir(`${dir}/halted-0`)).toEqual(['state.ssz', 'transactions.ssz']);
    expect(store.height).toBe(0);
    await close();
  });
});
