import type { AuditNumbers, Params } from '@assay/protocol';
import { auditAll } from './audits.fixture.ts';
import { quickKeys } from './keys.fixture.ts';
import { worldParams } from './params.fixture.ts';
import { hardFailure, World } from './world.fixture.ts';

/** The foundation of a world with cases: three members, two of whom decide. */
export const members = ['stranger1', 'stranger2', 'stranger3'] as const;

/** A world with cases, of miner 0 and session 0, whose foundation can pay fees. */
export function caseWorld(change: Partial<Params['cases']> = {}, params: Partial<Params> = {}): World {
  const foundation = members.map((name) => quickKeys.account(name).address);
  const cases = { ...worldParams.cases, gainPpb: 600_000_000, foundation, ...change };
  const world = new World({ params: { epochBlocks: 64, ...params, cases }, audit: { newMinerTasks: 100 } }).populate();
  world.block(
    ...members.map((name) => world.tx('payer', 'transfer', { to: world.address(name), amountUnits: 10_000n })),
  );
  return world;
}

/** Has a miner answer a task for 100 base units, of which every auditor finds the same. */
export function answer(world: World, numbers: AuditNumbers = hardFailure, miner = 0): Uint8Array {
  const receipt = world.receipt({ miner });
  world.certify(receipt);
  auditAll(world, receipt.taskId, numbers);
  return receipt.taskId;
}
