import type { BodyValues, LedgerEvent, Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { applyReports, reportsCode } from '../audit/challenges.ts';
import { certificateCode } from '../batch/certificate.ts';
import { applyReceipts, receiptsCode } from '../batch/receipts.ts';
import { applyTransitions, transitionsCode } from '../batch/transitions.ts';
import { committeeOf } from '../draw/committee.ts';
import { markSeen } from '../draw/presence.ts';
import { roundAfter } from '../draw/turns.ts';
import type { LedgerState } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['certifiedBatch'];

/** Takes a batch that more than two thirds of the committee certified, whose reveal turns the beacon (§7, §9.3). */
export const certifiedBatch: TransactionRule<Body> = {
  isDuty(state, { certificate }, publicKey) {
    const mixer = state.mixers.get(certificate.header.mixer);
    return mixer !== undefined && equalBytes(mixer.publicKey, publicKey);
  },
  validate(state, body, context) {
    const code = certificateCode(state, body, context);
    if (code !== 'OK') return code;
    const receipts = receiptsCode(state, body.receipts, context.height);
    if (receipts !== 'OK') return receipts;
    const { transitions, reports } = body.records;
    const late = transitionsCode(state, transitions, context.height);
    const { mixer, epoch } = body.certificate.header;
    if (late !== 'OK') return late;
    const certified = body.receipts.map(({ taskId }) => taskId);
    return reportsCode(state, reports, { mixer, epoch, verifier: context.verifier, certified });
  },
  apply(state, body, { height, transaction }) {
    const { header } = body.certificate;
    state.blockReveals.push(header); // §9.3
    state.mixers.update(header.mixer, { nextSequence: header.sequence + 1, ...roundAfter(state, header, height) });
    const committee = committeeOf(state, header.epoch);
    const signed = committee.filter((_, index) => body.certificate.signers.get(index));
    for (const { mixer } of signed) countDuty(state, mixer, header.epoch);
    const late = applyTransitions(state, body.records.transitions, height);
    const issued = { height, mixer: header.mixer };
    const measured = applyReports(state, body.records.reports, issued);
    applyReceipts(state, body.receipts, issued);
    const certified = body.receipts.map(
      ({ taskId }, receipt): LedgerEvent => ({
        type: 'taskCertified',
        taskId,
        transaction,
        receipt,
        mixer: header.mixer,
      }),
    );
    return [...late, ...measured, ...certified];
  },
};

function countDuty(state: LedgerState, mixer: Ref<'mixers'>, epoch: number): void {
  state.mixers.update(mixer, { epochDuties: state.mixers.at(mixer).epochDuties + 1 });
  markSeen(state, { kind: 'mixer', role: mixer }, epoch); // §7.12
}
