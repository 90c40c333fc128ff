import {
  BitArray,
  type BodyKind,
  type BodyValues,
  CertifiedBatch,
  limits,
  Receipt,
  type StakeKind,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openTestEngine, signerOf, testChain, transferOf } from './chain.fixture.ts';
import { signTransaction } from './sign.ts';

const chain = testChain();
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const [validator] = chain.validators as [(typeof chain.validators)[0]];
const mixer = signerOf('mixer');

/** About a megabyte that names mixer 0 and is signed by nobody. */
function junkBatch(): BodyValues['certifiedBatch'] {
  const junk = CertifiedBatch.defaultValue();
  const receipt = Receipt.defaultValue();
  const signers = BitArray.fromBitLen(1);
  const receipts = Array.from({ length: limits.maxBatchReceipts }, () => receipt);
  return { ...junk, receipts, certificate: { ...junk.certificate, signers } };
}

function free<Kind extends BodyKind>(signer: typeof alice, nonce: number, body: [Kind, BodyValues[Kind]]): Uint8Array {
  return signTransaction({ signer, chain: chain.identity }, body, { nonce, validUntil: 1000, feeUnits: 0n });
}

/** Nobody was seen in it yet. */
async function secondEpoch() {
  const opened = await openTestEngine(chain, await newDirectory());
  while (opened.engine.chain.head().globals.epoch === 0) await opened.engine.produceNow();
  return opened;
}

describe('what is free §16.12', () => {
  it('is refused at once from an account without a role, behind one that pays too', async () => {
    const { engine, close } = await openTestEngine(chain, await newDirectory());
    const honest = engine.chain.submit(transferOf(chain, { from: bob, to: alice.address, nonce: 0 }));
    const junk: [BodyKind, BodyValues[BodyKind]][] = [
      ...Array.from({ length: 4 }, (): [BodyKind, BodyValues[BodyKind]] => ['certifiedBatch', junkBatch()]),
      ['presence', { kind: 'mixer', epochBeacon: new Uint8Array(32) }],
      ['acceptModel', { model: 0, accepts: true }],
      ['auditCommit', { items: [{ taskId: new Uint8Array(32), commitment: new Uint8Array(32) }] }],
    ];
    const paid = engine.chain.submit(transferOf(chain, { from: alice, to: bob.address, nonce: 0 }));
    const codes = junk.map((body) =>
      engine.chain.submit(free(alice, 1, body)).then(({ code, height }) => [code, height]),
    );
    const { result } = await engine.produceNow();
    expect(await Promise.all(codes)).toEqual(junk.map(() => ['FEE_TOO_LOW', 0]));
    expect(await Promise.all([honest, paid])).toMatchObject([{ code: 'OK' }, { code: 'OK' }]);
    expect(result.transactions.map(({ kind }) => kind)).toEqual(['transfer', 'transfer']);
    expect(engine.chain.blockAt(1)?.length).toBeLessThan(10_000);
    await close();
  });

  it('is judged in place from the one who owes it, and waits once of a kind', async () => {
    const { engine, close } = await secondEpoch();
    const { epochBeacon } = engine.chain.head().globals;
    const seen = (kind: StakeKind): ['presence', BodyValues['presence']] => ['presence', { kind, epochBeacon }];
    const first = engine.chain.submit(free(mixer, 0, seen('mixer')));
    expect(await engine.chain.submit(free(mixer, 1, ['certifiedBatch', junkBatch()]))).toMatchObject({
      code: 'NOT_ENOUGH_SIGNERS',
      height: 0,
    });
    const copy = engine.chain.submit(free(mixer, 1, seen('mixer')));
    await expect(copy).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await engine.produceNow();
    expect(await first).toMatchObject({ code: 'OK' });
    await close();
  });

  it('goes before what pays, whatever kind of duty it is', async () => {
    const { engine, close } = await secondEpoch();
    const { epochBeacon } = engine.chain.head().globals;
    const sent = [
      transferOf(chain, { from: alice, to: bob.address, nonce: 0 }),
      free(validator, 0, ['presence', { kind: 'validator', epochBeacon }]),
    ].map((bytes) => engine.chain.submit(bytes));
    const { result } = await engine.produceNow();
    expect((await Promise.all(sent)).map(({ code }) => code)).toEqual(['OK', 'OK']);
    expect(result.transactions.map(({ kind }) => kind)).toEqual(['presence', 'transfer']);
    await close();
  });
});
