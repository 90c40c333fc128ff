import { formatUnits } from '@assay/client';
import type { DevnetStatus } from '@assay/node/devnet/port';

/** The one line that says how the network does. */
export function statusLine(status: DevnetStatus): string {
  const { height, epoch, tasks, auditsPassed, auditsFailed, paidUnits, cheater } = status;
  const line =
    `height ${height} · epoch ${epoch} · tasks ${tasks} · audits ${auditsPassed} passed ${auditsFailed} failed · ` +
    `paid ${formatUnits(paidUnits)} units`;
  if (cheater === null) return line;
  const { miner, rejectedTasks, refundedUnits, trustPpb } = cheater;
  if (rejectedTasks === 0) return `${line} · cheater (miner ${miner}) not caught yet`;
  const caught = `${rejectedTasks} ${rejectedTasks === 1 ? 'task' : 'tasks'} rejected`;
  const refund = `${formatUnits(refundedUnits)} units refunded`;
  return `${line} · cheater (miner ${miner}) caught: ${caught}, ${refund}, trust ${(trustPpb / 1e7).toFixed(0)} %`;
}
