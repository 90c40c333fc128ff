import { type AuditNumbers, auditorStates } from '@assay/protocol';
import type { World } from './world.fixture.ts';

/** Who was drawn for an audit and has not committed yet. */
function freshAuditors(world: World, taskId: Uint8Array): number[] {
  const audit = world.state.auditOf(taskId);
  const slots = audit === undefined ? [] : world.state.audits.at(audit).auditors;
  return slots.filter(({ state }) => state === auditorStates.drawn).map(({ validator }) => validator);
}

/** Lets every auditor of these tasks find the same, all at once, until nobody else is drawn. */
export function auditAll(world: World, taskIds: Uint8Array | readonly Uint8Array[], numbers: AuditNumbers): void {
  const tasks = taskIds instanceof Uint8Array ? [taskIds] : taskIds;
  for (;;) {
    const pairs = tasks.flatMap((taskId) =>
      freshAuditors(world, taskId).map((validator) => world.auditPair(validator, taskId, numbers)),
    );
    if (pairs.length === 0) return;
    world.block(...pairs.map((pair) => pair.commit()));
    world.block(...pairs.map((pair) => pair.reveal()));
  }
}

/** All that a validator has to say in one step, in one transaction (§10.19). */
export function auditList(
  world: World,
  validator: number,
  step: 'commit' | 'reveal',
  pairs: readonly Pick<ReturnType<World['auditPair']>, 'items'>[],
): Uint8Array {
  const [sender, options] = [`validator${validator}` as const, { feeUnits: 0n }];
  if (step === 'commit') {
    return world.tx(sender, 'auditCommit', { items: pairs.map(({ items }) => items.commit) }, options);
  }
  return world.tx(sender, 'auditReveal', { items: pairs.map(({ items }) => items.reveal) }, options);
}
