import { describe, expect, it } from 'vitest';
import { realRuntime } from '../runtime/real.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { openTestEngine, signerOf, startBalanceUnits, testChain, transferOf } from './chain.fixture.ts';
import { TransactionSender } from './sender.ts';

const chain = testChain();
const runtime = realRuntime(() => {});
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const small = { to: bob.address, amountUnits: 1n };
const tooMuch = { to: bob.address, amountUnits: startBalanceUnits * 2n };

async function setUp() {
  const opened = await openTestEngine(chain, await newDirectory());
  const sender = new TransactionSender({ chain: opened.engine.chain, signer: alice, runtime });
  const nonce = () => opened.engine.chain.head().nonceOf(alice.address);
  return { ...opened, sender, nonce };
}
/** Makes blocks until `answers` are there. */
async function answered<T>(engine: { produceNow(): Promise<unknown> }, answers: Promise<T>[]): Promise<T[]> {
  let open = true;
  const all = Promise.all(answers).finally(() => {
    open = false;
  });
  while (open) await engine.produceNow();
  return all;
}

describe('transaction sender', () => {
  it('sends several at a time with rising nonces', async () => {
    const { engine, sender, nonce, close } = await setUp();
    const answers = await answered(
      engine,
      [0, 1, 2, 3, 4].map(() => sender.send('transfer', small)),
    );
    expect(answers.map(({ code }) => code)).toEqual(Array(5).fill('OK'));
    expect(nonce()).toBe(5);
    await close();
  });

  it('signs the later ones again when one is refused without using its nonce', async () => {
    const { engine, sender, nonce, close } = await setUp();
    const sent = [sender.send('transfer', tooMuch), sender.send('transfer', small), sender.send('transfer', small)];
    const answers = await answered(engine, sent);
    expect(answers.map(({ code }) => code)).toEqual(['INSUFFICIENT_BALANCE', 'OK', 'OK']);
    expect(nonce()).toBe(2);
    await close();
  });

  it('finds its place again after another program used the account', async () => {
    const { engine, sender, nonce, close } = await setUp();
    await answered(engine, [sender.send('transfer', small)]);
    await answered(engine, [engine.chain.submit(transferOf(chain, { from: alice, to: bob.address, nonce: 1 }))]);
    const [answer] = await answered(engine, [sender.send('transfer', small)]);
    expect(answer?.code).toBe('OK');
    expect(nonce()).toBe(3);
    await close();
  });

  it('lets another program’s transaction that waits with its nonce go first', async () => {
    const slow = testChain({ blockTimeMs: 500 });
    const { engine, close } = await openTestEngine(slow, await newDirectory());
    const refused = Promise.withResolvers<void>();
    let refusals = 0;
    const submit = async (transaction: Uint8Array) => {
      const inclusion = await engine.chain.submit(transaction);
      if (inclusion.code === 'BAD_NONCE') refusals++;
      if (refusals > 0) refused.resolve();
      return inclusion;
    };
    const sender = new TransactionSender({
      chain: { identity: slow.identity, head: () => engine.chain.head(), submit },
      signer: alice,
      runtime,
    });
    const other = engine.chain.submit(transferOf(slow, { from: alice, to: bob.address, nonce: 0 }));
    const sent = sender.send('transfer', small);
    await refused.promise;
    const answers = await answered(engine, [other, sent]);
    expect(answers.map(({ code }) => code)).toEqual(['OK', 'OK']);
    expect([refusals, engine.chain.head().nonceOf(alice.address)]).toEqual([1, 2]);
    await close();
  });

  it('carries the fee and the last height it is told', async () => {
    const { sender, close } = await setUp();
    expect(await sender.send('transfer', small, { feeUnits: 0n })).toMatchObject({ code: 'FEE_TOO_LOW', height: 0 });
    expect(await sender.send('transfer', small, { validForBlocks: 0 })).toMatchObject({ code: 'EXPIRED', height: 0 });
    await close();
  });

  it('passes on that the engine has stopped', async () => {
    const { engine, sender, close } = await setUp();
    await engine.stop();
    await expect(sender.send('transfer', small)).rejects.toMatchObject({ code: 'NODE_STOPPED' });
    await close();
  });

  it('tells an account without money why', async () => {
    const { engine, close } = await setUp();
    const poor = new TransactionSender({ chain: engine.chain, signer: signerOf('poor'), runtime });
    expect(await poor.send('transfer', small)).toMatchObject({ code: 'CANNOT_PAY_FEE', height: 0 });
    await close();
  });
});
