import type { AuditNumbers } from '@assay/protocol';
import type { World } from './world.fixture.ts';

/** Lets every auditor of a task find the same, until nobody else is drawn. */
export function auditAll(world: World, taskId: Uint8Array, numbers: AuditNumbers): void {
  const done = new Set<number>();
  for (;;) {
    const fresh = world.auditorsOf(taskId).filter((auditor) => !done.has(auditor));
    if (fresh.length === 0) return;
    for (const auditor of fresh) done.add(auditor);
    world.audit(taskId, new Map(fresh.map((auditor) => [auditor, numbers])));
  }
}
