import { batchSigningRoot, committeeOf } from '@assay/ledger';
import { BitArray, type BodyKind, type BodyValues } from '@assay/protocol';
import type { Adversary } from '../adversary.ts';

export const equivocatingMixer: Adversary = {
  name: 'equivocating-mixer',
  role: 'mixer',
  does: 'It signs a second batch for a turn that has one, and sends it to the chain.',
  loses: 'A validator that notices brings both signatures: a case, and a tenth of its stake held.',
  cheapen: null,
  attack: () => (member) => {
    const { sender, committeeSigner, context } = member.equipment;
    const { index } = member.spec;
    /** The same turn with other receipts, which it alone has signed. */
    const second = ({ certificate, ...contents }: BodyValues['certifiedBatch']): BodyValues['certifiedBatch'] => {
      const header = { ...certificate.header, receiptsRoot: new Uint8Array(32).fill(1) };
      const state = context.chain.head();
      const seats = committeeOf(state, header.epoch);
      const signers = BitArray.fromBoolArray(seats.map(({ mixer }) => mixer === index));
      const signature = committeeSigner?.sign(batchSigningRoot(state.chain, header)) ?? certificate.signature;
      return { ...contents, certificate: { header, signers, signature } };
    };
    const send: typeof sender.send = async (kind, value, options) => {
      const inclusion = await sender.send(kind, value, options);
      if (isBatch(kind, value)) void sender.send('certifiedBatch', second(value), { feeUnits: 0n }).catch(() => {});
      return inclusion;
    };
    return member.make({ ...member.equipment, sender: { send } });
  },
};

function isBatch(kind: BodyKind, value: BodyValues[BodyKind]): value is BodyValues['certifiedBatch'] {
  return kind === 'certifiedBatch' && 'certificate' in value;
}
