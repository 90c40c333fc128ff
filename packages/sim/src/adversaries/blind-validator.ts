import { auditDuties } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { AuditSecret, type Commitment, noNumbers, type Opening, type Ref } from '@assay/protocol';
import type { World } from '../world.ts';

/** Takes the place of a validator and checks nothing: every answer is fine, it says. */
export async function passBlindly(world: World, validator: Ref<'validators'>): Promise<void> {
  const head = () => world.chain.head();
  const name = names.validator(validator);
  await world.built.roles.set(name, false);
  const secretOf = (taskId: Uint8Array) => {
    const { tokensOut } = head().tasks.at(head().taskOf(taskId) ?? -1);
    const positions = Math.min(tokensOut, head().params.audit.positions);
    const numbers = { ...noNumbers, finding: 'checked' as const, positions };
    return { numbers, nonce: new Uint8Array(32), account: head().validators.at(validator).account };
  };
  let isSending = false;
  world.chain.onBlock(() => {
    if (isSending) return;
    isSending = true;
    const duties = auditDuties(head(), validator);
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
