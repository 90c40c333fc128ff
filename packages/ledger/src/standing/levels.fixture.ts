import type { AuditNumbers } from '@assay/protocol';
import { auditAll } from '../testing/audits.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { World } from '../testing/world.fixture.ts';

export const levels = { streak: 2, minRatePpb: 600_000_000, userLevel: 0, factorFloorPpb: 500_000_000 };
/** A small world with short streaks, in which every task is audited. */
export const newWorld = (cases = worldParams.cases) =>
  new World({ audit: { newMinerTasks: 100 }, params: { epochBlocks: 64, levels, cases } }).populate();

/** Has miner 0 do one task after another, each audited with these numbers. */
export function work(world: World, ...outcomes: readonly AuditNumbers[]): void {
  for (const numbers of outcomes) {
    const receipt = world.receipt();
    world.certify(receipt);
    auditAll(world, receipt.taskId, numbers);
  }
}
