import { BitArray, type BodyValues, type PortableReceipt } from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { certified, chain, trust } from './certified.fixture.ts';
import { portableReceipt, portableReceiptFromJson, portableReceiptToJson } from './portable-receipt.ts';
import { verifyReceipt } from './verify-receipt.ts';

const receiptOf = (batch: BodyValues['certifiedBatch'], index = 1): PortableReceipt =>
  portableReceipt({ chain, height: 7, batch, index }) as PortableReceipt;

describe('verifyReceipt', () => {
  it("accepts what three of four mixers signed with the node's BLS library, and says what that proves", () => {
    const verdict = verifyReceipt(receiptOf(certified([0, 1, 3])), trust);
    expect(verdict.reasons).toEqual([]);
    expect(verdict.valid).toBe(true);
    expect(verdict.sentence).toMatch(/^3 of 4 mixers of assay-test certified in epoch 2 that miner 1 answered task 0x/);
    expect(verdict.sentence).toContain('34 tokens to a prompt of 12, at 0.046 units');
    expect(verdict.sentence).toContain('does not prove that the answer is right');
  });

  it('accepts every receipt of a batch, after a way through JSON', () => {
    const batch = certified([0, 1, 2, 3]);
    for (let index = 0; index < batch.receipts.length; index++) {
      const text = JSON.stringify(portableReceiptToJson(receiptOf(batch, index)));
      expect(verifyReceipt(portableReceiptFromJson(JSON.parse(text)), trust).valid).toBe(true);
    }
  });

  it('refuses two of four signers: exactly half is not more than two thirds', () => {
    const verdict = verifyReceipt(receiptOf(certified([0, 1])), trust);
    expect(verdict.reasons).toEqual(['only 2 of 4 mixers signed, and more than two thirds must.']);
  });

  it('refuses a changed receipt, index and path', () => {
    const good = receiptOf(certified([0, 1, 2]));
    const cheaper = { ...good, receipt: { ...good.receipt, priceUnits: 1n } };
    const elsewhere = { ...good, index: 2 };
    const shorter = { ...good, path: good.path.slice(1) };
    for (const tampered of [cheaper, elsewhere, shorter]) {
      expect(verifyReceipt(tampered, trust).reasons).toEqual([expect.stringContaining('Merkle path does not lead')]);
    }
  });

  it('refuses a changed header, signer set and signature', () => {
    const good = receiptOf(certified([0, 1, 2]));
    const { certificate } = good;
    const otherEpoch = { ...certificate, header: { ...certificate.header, epoch: 3 } };
    const otherSigners = { ...certificate, signers: BitArray.fromBoolArray([true, true, true, true]) };
    const noPoint = { ...certificate, signature: new Uint8Array(96) };
    const infinity = { ...certificate, signature: Uint8Array.of(0xc0, ...new Uint8Array(95)) };
    for (const tampered of [otherEpoch, otherSigners, noPoint, infinity]) {
      expect(verifyReceipt({ ...good, certificate: tampered }, trust).reasons).toEqual([
        expect.stringContaining('signature does not verify'),
      ]);
    }
  });

  it('refuses a committee of another size', () => {
    const good = receiptOf(certified([0, 1, 2]));
    const smaller = {
      ...trust,
      committee: { ...trust.committee, seats: trust.committee.seats.slice(0, 3) },
    };
    expect(verifyReceipt(good, smaller).reasons).toEqual([expect.stringContaining('counts 4 mixers')]);
  });

  it('refuses a receipt of an epoch that the trusted committee did not serve, or is not known to have', () => {
    const good = receiptOf(certified([0, 1, 2]));
    for (const epochs of [
      { from: 3, through: 9 },
      { from: 0, through: 1 },
    ]) {
      const other = { ...trust, committee: { ...trust.committee, epochs } };
      expect(verifyReceipt(good, other).reasons).toEqual([expect.stringContaining('certified in epoch 2, but')]);
      expect(verifyReceipt(good, other).reasons[0]).toContain('assay committee --epoch 2');
    }
    expect(verifyReceipt(good, { ...trust, committee: { ...trust.committee, epochs: null } }).valid).toBe(true);
  });

  it('refuses a task whose ticket its mixer did not make, or whose id is of another', () => {
    const forged = receiptOf(certified([0, 1, 2], chain, () => new Uint8Array(96)));
    expect(verifyReceipt(forged, trust).reasons).toEqual([expect.stringContaining("not mixer 0's signature")]);
    const otherId = certified([0, 1, 2]);
    for (const receipt of otherId.receipts) receipt.taskId = sha256(receipt.taskId);
    expect(verifyReceipt(receiptOf(otherId), trust).reasons).toContainEqual(
      expect.stringContaining('does not follow from its ticket'),
    );
    // Another mixer's key, as a genesis or a committee would give it.
    const [first, ...others] = trust.committee.seats;
    const swapped = { mixer: 0, blsPublicKey: others[0]?.blsPublicKey ?? new Uint8Array(48) };
    const seats = first === undefined ? [] : [first, ...others];
    const wrong = { ...trust, committee: { ...trust.committee, seats: [swapped, ...seats.slice(1)] } };
    expect(verifyReceipt(receiptOf(certified([1, 2, 3])), wrong).reasons).toEqual([
      expect.stringContaining("not mixer 0's signature"),
    ]);
  });

  it('says that it cannot tell of a ticket of an earlier committee', () => {
    const good = receiptOf(certified([0, 1, 2]));
    expect(verifyReceipt(good, trust).sentence).toContain(
      'by its ticket neither mixer 0 nor the payer chose the draw alone',
    );
    const since = { ...trust, committee: { ...trust.committee, epochs: { from: 2, through: 9 } }, epochBlocks: 32 };
    const verdict = verifyReceipt(good, since);
    expect(verdict).toMatchObject({ valid: true, reasons: [] });
    expect(verdict.sentence).toContain('its ticket can be checked with the keys of epoch 1');
  });

  it('refuses a receipt of another chain even under its own committee', () => {
    const foreignChain = { chainId: 'assay-test', genesisHash: sha256(Uint8Array.of(2)) };
    const batch = certified([0, 1, 2], foreignChain);
    const foreign = portableReceipt({ chain: foreignChain, height: 7, batch, index: 0 }) as PortableReceipt;
    expect(verifyReceipt(foreign, { ...trust, ...foreignChain }).valid).toBe(true);
    const verdict = verifyReceipt(foreign, trust);
    expect(verdict.valid).toBe(false);
    expect(verdict.reasons).toHaveLength(3);
    const relabelled = { ...foreign, genesisHash: chain.genesisHash };
    expect(verifyReceipt(relabelled, trust).reasons).toEqual([
      expect.stringContaining('signature does not verify'),
      expect.stringContaining('signature of the request'),
    ]);
  });

  it('names what is wrong with a file that is no receipt', () => {
    expect(() => portableReceiptFromJson({ chainId: 'x' })).toThrow(/not a portable receipt/);
    expect(() => portableReceiptFromJson(null)).toThrow(/not a portable receipt/);
    expect(portableReceipt({ chain, height: 1, batch: certified([0, 1, 2]), index: 5 })).toBeNull();
  });
});
