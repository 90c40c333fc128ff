import { type CreditRow, tables } from '@assay/protocol';
import { saturate } from './integers.ts';
import { pairKey, Table } from './table.ts';

/** What miners did for payers this reward period, one row for each two of them (economics §7.1). */
export class CreditTable extends Table<CreditRow> {
  readonly #indexOf = new Map<string, number>();

  constructor(rows: readonly Readonly<CreditRow>[]) {
    super(tables.credits, rows, () => 0n);
    for (const [index, { payer, miner }] of rows.entries()) this.#indexOf.set(pairKey(payer, miner), index);
  }

  /** Adds one task's work and tokens. */
  add({ payer, miner, vwu, tokens }: Omit<CreditRow, 'largestVwu'>): void {
    const key = pairKey(payer, miner);
    const index = this.#indexOf.get(key);
    if (index === undefined) {
      this.#indexOf.set(key, this.push({ payer, miner, vwu, tokens, largestVwu: vwu }));
      return;
    }
    const row = this.at(index);
    const largestVwu = row.largestVwu > vwu ? row.largestVwu : vwu;
    this.update(index, { largestVwu, vwu: saturate(row.vwu + vwu), tokens: saturate(row.tokens + tokens) });
  }

  /** Forgets all of them: a period is over. */
  forget(): void {
    this.retain(() => false);
    this.#indexOf.clear();
  }
}
