import { type Offence, type Receipt, receiptPath } from '@assay/protocol';
import { type BatchOptions, requestHashOf, type World } from './world.fixture.ts';

/** Two batches of one turn of a mixer, the second with a receipt. */
export function equivocation(world: World, mixer = 0, options: BatchOptions = {}): Offence {
  const first = world.batch({ ...options, mixer });
  const second = world.batch({ ...options, mixer, receipts: [world.receipt({ requestHash: requestHashOf(500) })] });
  return {
    kind: 'equivocation',
    value: { mixer, first: first.certificate, second: second.certificate },
  };
}

/** A receipt between two sound ones, in a batch of mixer 0 that `signers` signed; mixer 2 is accused. */
export function invalidItem(
  world: World,
  change: Partial<Receipt>,
  { mixer = 2, signers = [mixer] }: { readonly mixer?: number; readonly signers?: readonly number[] } = {},
): Offence {
  const [before, receipt, after] = [{}, change, {}].map((each, i) =>
    world.receipt({ requestHash: requestHashOf(600 + i), ...each }),
  );
  if (before === undefined || receipt === undefined || after === undefined) throw new Error('there are three');
  const receipts = [before, receipt, after];
  const { certificate } = world.batch({ receipts, signers });
  const path = receiptPath(receipts, 1);
  return { kind: 'invalidItem', value: { mixer, certificate, receipt, index: 1, path } };
}
