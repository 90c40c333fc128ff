import { World } from '@assay/ledger/fixture';
import { Block } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { batchesOf } from './check-view.ts';

const bytesOf = (transactions: Uint8Array[]) => Block.serialize({ ...Block.defaultValue(), transactions });

describe('the batches of a block', () => {
  it('are none in one whose proposer put in what is no transaction', () => {
    const world = new World();
    const transactions = [Uint8Array.of(1, 2, 3), new Uint8Array(0)];
    const codes = world.block(...transactions).transactions.map(({ code }) => code);
    expect(batchesOf(world.state, bytesOf(transactions), codes)).toEqual([]);
    expect(batchesOf(world.state, null, null)).toEqual([]);
  });

  it('are those that the ledger took: a made-up or old certificate says of nobody that it was there', () => {
    const world = new World();
    const old = world.batch({ mixer: 3 });
    world.block(world.tx('mixer3', 'certifiedBatch', old, { feeUnits: 0n }));
    const sound = world.batch({ mixer: 0, signers: [0, 1, 2] });
    const made = world.batch({ mixer: 1 });
    const forged = { ...made, certificate: { ...made.certificate, signature: new Uint8Array(96) } };
    const transactions = [
      world.tx('payer', 'certifiedBatch', forged),
      world.tx('payer', 'certifiedBatch', old),
      world.tx('mixer0', 'certifiedBatch', sound, { feeUnits: 0n }),
    ];
    const codes = world.block(...transactions).transactions.map(({ code }) => code);
    expect(codes).toEqual(['BAD_CERTIFICATE', 'WRONG_SEQUENCE', 'OK']);
    expect(batchesOf(world.state, bytesOf(transactions), codes)).toEqual([{ mixer: 0, signers: [0, 1, 2] }]);
    expect(batchesOf(world.state, bytesOf(transactions), null)).toEqual([]);
  });
});
