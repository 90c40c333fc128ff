import type { ClosedBooks } from '@assay/ledger';
import type { EpochClose, MinerRow, Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { Step } from './explanation.ts';
import { verifiedFacts } from './pools.ts';

type Fact = Step['facts'][number];
type Reason = Pick<Fact, 'value' | 'source'>;

/** Why an account's miners were in no competition of a reward period that the epoch ended (economics §4.2, §7.1). */
export function unpaidSteps(close: EpochClose, books: ClosedBooks, account: Uint8Array): Step[] {
  if (close.emission === null) return [];
  const { period, isBootstrap, limitUnits } = close.emission;
  const paysCapacity = isBootstrap && limitUnits !== null;
  const own = [...books.miners].flatMap((row, miner) =>
    equalBytes(row.operator, account) || equalBytes(row.owner, account) ? [{ row, miner }] : [],
  );
  const without = (scores: EpochClose['scores'] | EpochClose['capacity']) => {
    const there = new Set(scores.map(({ miner }) => miner));
    return own.filter(({ miner }) => !there.has(miner));
  };
  const idle = without(close.scores).map(({ row, miner }): Fact => {
    const nothing = { value: 'did nothing that counts', source: 'no approved task in this period' };
    return { name: `miner ${miner}`, ...(reasonOf(row, books, period) ?? nothing) };
  });
  const unverified = paysCapacity ? without(close.capacity).flatMap((each) => capacityFacts(each, books, period)) : [];
  return [
    ...stepOf(`Miners of this account that were not in the competition of reward period ${period}`, '4.2', idle),
    ...stepOf(`Miners of this account without capacity in reward period ${period}`, '7.1', unverified),
  ];
}

function stepOf(title: string, clause: string, facts: Fact[]): Step[] {
  return facts.length === 0 ? [] : [{ title, clause: `economics §${clause}`, facts, table: null }];
}

function capacityFacts(
  { row, miner }: { readonly row: Readonly<MinerRow>; readonly miner: Ref<'miners'> },
  books: ClosedBooks,
  period: number,
): Fact[] {
  const paused = { value: row.status, source: `block ${row.statusHeight}` };
  const nothing = {
    value: 'nothing of it was verified',
    source: 'capacity is a product, which begins with a challenge answered right in the period',
  };
  const reason = reasonOf(row, books, period) ?? (row.status === 'active' ? nothing : paused);
  return [{ name: `miner ${miner}`, ...reason }, ...verifiedFacts(books, miner)];
}

/** What keeps a miner out whatever it does; null when nothing does. */
function reasonOf(row: Readonly<MinerRow>, { params }: ClosedBooks, period: number): Reason | null {
  const { testPeriods } = params.rewards;
  const firstPaid = row.registeredPeriod + testPeriods;
  if (row.status === 'ejected') return { value: 'ejected', source: `block ${row.statusHeight}` };
  if (row.status === 'held') return { value: 'held by a case', source: `block ${row.statusHeight}` };
  if (row.forfeits) return { value: 'forfeits the period', source: 'a hard failure, or too many failed challenges' };
  if (period >= firstPaid) return null;
  const source = `it registered in period ${row.registeredPeriod}, and params.rewards.testPeriods is ${testPeriods}`;
  return { value: `in its test until period ${firstPaid}`, source };
}
