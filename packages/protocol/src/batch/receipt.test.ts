import { toHex } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Receipt, ReceiptList, receiptPath, receiptsRootAlong } from './receipt.ts';

const receipts = (count: number): Receipt[] =>
  Array.from({ length: count }, (_, i) => ({ ...Receipt.defaultValue(), session: i, priceUnits: BigInt(i) }));

describe('a list of receipts', () => {
  it('is hashed as it stands, however often', () => {
    const batch = receipts(3);
    const before = ReceiptList.hashTreeRoot(batch);
    batch[1] = { ...Receipt.defaultValue(), session: 9 };
    expect(ReceiptList.hashTreeRoot(batch)).toEqual(ReceiptList.hashTreeRoot([...batch]));
    expect(ReceiptList.hashTreeRoot(batch)).not.toEqual(before);
  });
});

describe('receipt paths', () => {
  it('lead from every receipt of a batch to its receipts root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, pick) => {
        const batch = receipts(count);
        const index = pick % count;
        const root = receiptsRootAlong(batch[index] as Receipt, index, receiptPath(batch, index));
        expect(root && toHex(root)).toBe(toHex(ReceiptList.hashTreeRoot(batch)));
      }),
    );
  });

  it('lead elsewhere from another place or another receipt', () => {
    const batch = receipts(5);
    const path = receiptPath(batch, 3);
    const root = toHex(ReceiptList.hashTreeRoot(batch));
    expect(toHex(receiptsRootAlong(batch[3] as Receipt, 2, path) as Uint8Array)).not.toBe(root);
    expect(toHex(receiptsRootAlong(batch[2] as Receipt, 3, path) as Uint8Array)).not.toBe(root);
  });

  it('are refused when too short, too long or beyond the batch', () => {
    const batch = receipts(2);
    const path = receiptPath(batch, 0);
    expect(receiptsRootAlong(batch[0] as Receipt, 0, path.slice(1))).toBeNull();
    expect(receiptsRootAlong(batch[0] as Receipt, 0, [...path, new Uint8Array(32)])).toBeNull();
    expect(receiptsRootAlong(batch[0] as Receipt, 4096, path)).toBeNull();
  });
});
