import { blockSigningRoot } from '@assay/ledger';
import { AssayError, limits, type Seal } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openStore } from '../store/store.ts';
import { Application } from './application.ts';
import { type TransferFields, testChain, transferOf } from './chain.fixture.ts';

const chain = testChain();
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const pay = (from: TransferFields['from'], nonce: number) => transferOf(chain, { from, to: bob.address, nonce });
const first = { height: 1, timeMs: chain.genesis.timeMs + 1 };

/** Where a serialised transaction has its signature. */
const signatureAt = 4;

async function open() {
  const store = await openStore({ dir: await newDirectory(), genesisHash: chain.hash });
  const fatal: string[] = [];
  const onFatal = ({ code }: AssayError) => fatal.push(code);
  return { application: await Application.restore({ store, genesis: chain.genesis, onFatal }), store, fatal };
}

describe('an application', () => {
  it('follows blocks that another node proposed, and answers for those of its own transactions they hold', async () => {
    const [ours, theirs] = [await open(), await open()];
    const shared = pay(alice, 0);
    const answers: string[] = [];
    const submit = ({ application }: typeof ours, name: string, bytes: Uint8Array) =>
      application.submit(bytes).then(({ code, height }) => answers.push(`${name}: ${code} ${height}`));
    submit(ours, 'shared', shared);
    submit(ours, 'own', pay(bob, 0));
    submit(theirs, 'theirs', shared);
    for (const { application } of [ours, theirs]) await application.admitted();
    const transactions = theirs.application.propose();
    expect([transactions, theirs.application.propose()]).toEqual([[shared], [shared]]);
    const sealBy = (node: typeof ours) => {
      // As it may come from elsewhere: other bytes in memory, and one of them twice.
      const twice = [...transactions, ...transactions].map((each) => each.slice());
      const header = node.application.apply({ ...first, transactions: twice });
      const signature = chain.sealers[1]?.sign(blockSigningRoot(chain.identity, header)) ?? new Uint8Array();
      return { kind: 'embedded' as const, value: { proposer: 1, signatures: [{ validator: 1, signature }] } };
    };
    const seals = [ours, theirs].map(sealBy) as [Seal, Seal];
    expect(seals[0]).toEqual(seals[1]);
    expect([answers, ours.application.head().globals.height]).toEqual([[], 0]);
    const proven = ours.application.prove('accounts', (head) => head.accountOf(bob.address));
    const checked = ours.application.check(pay(alice, 1));
    const committed = await Promise.all([ours.application.commit(seals[0]), theirs.application.commit(seals[1])]);
    expect(committed[0].root).toEqual(committed[1].root);
    expect(answers.toSorted()).toEqual(['shared: OK 1', 'theirs: OK 1']);
    expect([ours.application.propose().length, theirs.application.propose().length]).toEqual([1, 0]);
    expect(ours.application.head().globals.height).toBe(1);
    expect((await proven)?.header).toEqual(committed[0].block.header);
    expect(await checked).toEqual({ code: 'OK', height: 2 });
    expect(ours.store.blockAt(1)).toEqual(theirs.store.blockAt(1));
    for (const { store } of [ours, theirs]) await store.close();
  });

  it('takes what its own node brings, however much others bring that nobody signed', async () => {
    const { application, store } = await open();
    const forged = pay(alice, 0);
    const refused: string[] = [];
    for (let i = 0; i <= limits.maxWaitingTransactions; i++) {
      new DataView(forged.buffer, forged.byteOffset).setUint32(signatureAt, i);
      application.submit(forged, i % 2 === 0 ? 'peer' : 'offered').catch(({ code }) => refused.push(code));
    }
    const own = application.submit(pay(alice, 0)).catch(({ code }) => refused.push(`own: ${code}`));
    await application.admitted();
    expect([...new Set(refused)]).toEqual(['TOO_MANY_REQUESTS']);
    expect(application.propose()).toEqual([pay(alice, 0)]);
    application.end(new AssayError('NODE_STOPPED'));
    await own;
    await store.close();
  }, 60_000);

  it('ends once, whatever fails after it', async () => {
    const { application, store, fatal } = await open();
    const waiting = expect(application.submit(pay(alice, 0))).rejects.toMatchObject({ code: 'LEDGER_HALTED' });
    await application.admitted();
    const far = () => application.apply({ ...first, height: 7, transactions: [] });
    expect(far).toThrow('block 7 cannot follow block 0');
    expect(await application.halt(new RangeError('block 7'))).toMatchObject({ code: 'LEDGER_HALTED' });
    await waiting;
    await application.halt(new Error('again'));
    expect(fatal).toEqual(['LEDGER_HALTED']);
    expect(application.end(new Error() as AssayError)).toBe(false);
    await expect(application.submit(pay(alice, 0))).rejects.toMatchObject({ code: 'LEDGER_HALTED' });
    await store.close();
  });
});
