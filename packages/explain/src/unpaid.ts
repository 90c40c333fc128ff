import type { ClosedBooks } from '@assay/ledger';
import type { EpochClose, MinerRow } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { Step } from './explanation.ts';

/** Why an account's miners were not in the competition of a reward period that the epoch ended (economics §4.2). */
export function unpaidSteps(close: EpochClose, books: ClosedBooks, account: Uint8Array): Step[] {
  if (close.emission === null) return [];
  const { period } = close.emission;
  const competed = new Set(close.scores.map(({ miner }) => miner));
  const facts = [...books.miners].flatMap((row, miner) => {
    const isOwn = equalBytes(row.operator, account) || equalBytes(row.owner, account);
    return isOwn && !competed.has(miner) ? [{ name: `miner ${miner}`, ...reasonOf(row, books, period) }] : [];
  });
  const title = `Miners of this account that were not in the competition of reward period ${period}`;
  return facts.length === 0 ? [] : [{ title, clause: 'economics §4.2', facts, table: null }];
}

function reasonOf(row: Readonly<MinerRow>, { params }: ClosedBooks, period: number): { value: string; source: string } {
  const { testPeriods } = params.rewards;
  const firstPaid = row.registeredPeriod + testPeriods;
  if (row.status === 'ejected') return { value: 'ejected', source: `block ${row.statusHeight}` };
  if (row.status === 'held') return { value: 'held by a case', source: `block ${row.statusHeight}` };
  if (row.forfeits) return { value: 'forfeits the period', source: 'a hard failure, or too many failed challenges' };
  if (period < firstPaid) {
    const source = `it registered in period ${row.registeredPeriod}, and params.rewards.testPeriods is ${testPeriods}`;
    return { value: `in its test until period ${firstPaid}`, source };
  }
  return { value: 'did nothing that counts', source: 'no approved task in this period' };
}
