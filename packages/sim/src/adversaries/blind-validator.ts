import { auditDuties } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { AuditNumbers, AuditSecret, type Commitment, findings, type Opening } from '@assay/protocol';
import type { World } from '../world.ts';

/** Takes the place of a validator and checks nothing: every answer is fine, it says. */
export async function passBlindly(world: World, validator: number): Promise<void> {
  const { state } = world.engine.ledger;
  const name = names.validator(validator);
  await world.built.roles.set(name, false);
  const secretOf = (taskId: Uint8Array) => {
    const { tokensOut } = state.tasks.at(state.taskOf(taskId) ?? -1);
    const positions = Math.min(tokensOut, state.params.audit.positions);
    const numbers = { ...AuditNumbers.defaultValue(), finding: findings.checked, positions };
    return { numbers, nonce: new Uint8Array(32), account: state.validators.at(validator).account };
  };
  let isSending = false;
  world.engine.onBlock(() => {
    if (isSending) return;
    isSending = true;
    const duties = auditDuties(state, validator);
    const owed = (step: string) => duties.filter((duty) => duty.step === step).map(({ taskId }) => taskId);
    const commitments: Commitment[] = owed('commit').map((taskId) => ({
      taskId,
      commitment: AuditSecret.hashTreeRoot(secretOf(taskId)),
    }));
    const openings: Opening[] = owed('reveal').map((taskId) => ({ taskId, ...secretOf(taskId) }));
    Promise.all([
      commitments.length > 0 ? world.send(name, 'auditCommit', { items: commitments }) : null,
      openings.length > 0 ? world.send(name, 'auditReveal', { items: openings }) : null,
    ]).finally(() => {
      isSending = false;
    });
  });
}
