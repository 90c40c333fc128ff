import type { LedgerView } from '@assay/ledger';
import { type DevnetKeys, names } from './genesis.ts';
import type { Attackers, AttackersStatus } from './port.ts';

/** What the chain says of those who attack; a miner that is not registered yet is none of them. */
export function attackersIn(
  state: LedgerView,
  keys: DevnetKeys,
  { name, role, members: all }: Attackers,
): Omit<AttackersStatus, 'refundedUnits'> {
  const indexOf = (member: number) =>
    role === 'miner' ? state.minerOf(keys.account(names.miner(member)).address) : member;
  const members = all.flatMap((member) => indexOf(member) ?? []);
  const rows = members.map((member) => state[`${role}s`].at(member));
  const miners = role === 'miner' ? members : [];
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    name,
    role,
    members,
    strikes: sum(rows.map(({ strikes }) => strikes)),
    rejectedTasks: sum(miners.map((miner) => state.miners.at(miner).rejected)),
    trustPpb: miners.length === 0 ? null : Math.min(...miners.map((miner) => state.miners.standing(miner).trustPpb)),
    cases: [...state.cases].flatMap(({ id, kind, role: accused }) =>
      kind === role && members.includes(accused) ? [id] : [],
    ),
  };
}
