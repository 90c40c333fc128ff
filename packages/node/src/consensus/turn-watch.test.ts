import { World } from '@assay/ledger/fixture';
import type { BodyValues, Offence } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { TurnWatch } from './turn-watch.ts';

type Batch = BodyValues['certifiedBatch'];

function start() {
  const world = new World();
  const told: Offence[] = [];
  const { verifier } = world.keys;
  const watch = new TurnWatch({ head: () => world.state, verifier, tell: (offence) => told.push(offence) });
  const see = (value: Batch, isSound: boolean, by: 'mixer0' | 'mixer1' = 'mixer0') => {
    const body = { kind: 'certifiedBatch' as const, value };
    const content = { publicKey: world.key(by).publicKey, nonce: 0, validUntil: 9, feeUnits: 0n, body };
    watch.see({ content }, isSound);
  };
  const first = world.batch({ mixer: 0 });
  const second = world.batch({ mixer: 0, receipts: [world.receipt()] });
  return { world, told, see, first, second };
}

describe('two batches of one turn §7.4.6', () => {
  it('are noticed, whichever came first and whichever a block took, and told once', () => {
    for (const isTurned of [false, true]) {
      const { told, see, ...batches } = start();
      const [one, other] = isTurned ? [batches.second, batches.first] : [batches.first, batches.second];
      // The first waited here; a block took the other.
      see(one, true);
      see(other, true);
      see(other, false);
      const [first, second] = [one.certificate, other.certificate];
      expect(told).toEqual([{ kind: 'equivocation', value: { mixer: 0, first, second } }]);
    }
  });

  it('are none where it is the same one again, or another turn', () => {
    const { world, told, see, first } = start();
    see(first, true);
    see(first, false);
    see(world.batch({ mixer: 0, sequence: 1, receipts: [world.receipt()] }), true);
    see(world.batch({ mixer: 1, receipts: [world.receipt()] }), true, 'mixer1');
    expect(told).toEqual([]);
  });

  it('are none where the mixer did not sign both, and nobody else makes a node check what is refused', () => {
    const { told, see, first, second } = start();
    const { certificate } = second;
    const forged = { ...second, certificate: { ...certificate, signature: first.certificate.signature } };
    see(forged, false);
    see(first, true);
    see(forged, false);
    see(second, false, 'mixer1');
    expect(told).toEqual([]);
    see(second, false);
    expect(told).toHaveLength(1);
  });
});
