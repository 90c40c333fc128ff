import type { AuditNumbers } from '@assay/protocol';
import { openingOf } from './plants.fixture.ts';
import { honest, type Sender, World, type WorldOptions } from './world.fixture.ts';

/** Who was drawn for an audit and has not committed yet. */
function freshAuditors(world: World, taskId: Uint8Array): number[] {
  const audit = world.state.auditOf(taskId);
  const slots = audit === undefined ? [] : world.state.audits.at(audit).auditors;
  return slots.filter(({ state }) => state === 'drawn').map(({ validator }) => validator);
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

/** An answer whose auditors say these things, as they are drawn; gives who they were, and their verdict. */
export function auditInTurn(world: World, said: readonly AuditNumbers[]) {
  const receipt = world.receipt();
  const { taskId } = receipt;
  world.certify(receipt);
  const index = world.state.auditOf(taskId) ?? 0;
  for (;;) {
    const { auditors: slots, verdict } = world.state.audits.at(index);
    const fresh = slots.flatMap(({ state, validator }, i) => (state === 'drawn' ? [[validator, i]] : []));
    if (fresh.length === 0) return { taskId, verdict, auditors: slots.map(({ validator }) => validator) };
    const numbers = fresh.map(([validator = 0, i = 0]) => [validator, said[i] ?? honest] as const);
    world.audit(taskId, new Map(numbers));
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

/** A world with one task, drawn for audit. */
export function drawnWorld(options?: WorldOptions) {
  const world = new World(options).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  const { taskId } = receipt;
  const fresh = () => {
    const audit = world.state.auditOf(taskId);
    const slots = audit === undefined ? [] : world.state.audits.at(audit).auditors;
    return slots.filter((slot) => slot.state === 'drawn').map((slot) => slot.validator);
  };
  const answer = (...numbers: AuditNumbers[]) =>
    world.audit(taskId, new Map(fresh().map((validator, i) => [validator, numbers[i] ?? honest])));
  const all = (numbers: AuditNumbers) => answer(...fresh().map(() => numbers));
  const ends = () => world.events.filter((event) => event.type === 'taskApproved' || event.type === 'taskRejected');
  return { world, receipt, taskId, fresh, answer, all, ends };
}

/** A task that its auditors passed. */
export function approvedTask(world: World, receipt = world.receipt()): Uint8Array {
  world.certify(receipt);
  auditAll(world, receipt.taskId, honest);
  return receipt.taskId;
}

/** A miner opens the seal of a task, as the duty it is (§10.25). */
export function plantTx(world: World, taskId: Uint8Array, sender: Sender = 'miner0'): Uint8Array {
  return world.tx(sender, 'openPlant', openingOf(taskId), { feeUnits: 0n });
}
