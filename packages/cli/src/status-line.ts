import { formatUnits } from '@assay/client';
import type { AttackersStatus, DevnetStatus } from '@assay/node/devnet/port';

/** The one line that says how the network does. */
export function statusLine(status: DevnetStatus): string {
  const { height, epoch, tasks, auditsPassed, auditsFailed, paidUnits, attackers } = status;
  const line =
    `height ${height} · epoch ${epoch} · tasks ${tasks} · audits ${auditsPassed} passed ${auditsFailed} failed · ` +
    `paid ${formatUnits(paidUnits)} units`;
  return attackers === null ? line : `${line} · ${fateOf(attackers)}`;
}

function fateOf({ name, role, members, ...found }: AttackersStatus): string {
  const { rejectedTasks, refundedUnits, trustPpb, strikes, cases } = found;
  const who = `${name} (${role} ${members.join(', ')})`;
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const parts = [
    ...(rejectedTasks > 0
      ? [`${many(rejectedTasks, 'task')} rejected`, `${formatUnits(refundedUnits)} units refunded`]
      : []),
    ...(strikes > 0 ? [many(strikes, 'strike')] : []),
    ...(cases.length > 0 ? [`${cases.length === 1 ? 'case' : 'cases'} ${cases.join(', ')}`] : []),
  ];
  if (parts.length === 0) return `${who} not caught yet`;
  const trust = trustPpb === null ? [] : [`trust ${(trustPpb / 1e7).toFixed(0)} %`];
  return `${who} caught: ${[...parts, ...trust].join(', ')}`;
}
