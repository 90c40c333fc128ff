import {
  type AuditorSlot,
  type AuditRow,
  type BatchHeader,
  Globals,
  type HoldingRow,
  type MinerRow,
  type ModelRow,
  type Params,
  type Ref,
  type StateValue,
  type TableName,
  tableNames,
  tables,
  type Verdict,
} from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { booksOf, type ClosedBooks, closedBooks } from './books.ts';
import { type Settling, settling } from './bring-forward.ts';
import { keyOf } from './indexes.ts';
import { MinerTable } from './miner-table.ts';
import { OpenAudits } from './open-audits.ts';
import { copies } from './row-copies.ts';
import type { IndexOf, StateTables, ViewTables } from './state-tables.ts';
import { bytesOfState, StateTree } from './state-tree.ts';
import { Table } from './table.ts';
import { type LedgerView, Lookups, StateView, type ViewFields } from './view.ts';

export { keyOf, type LedgerView };

/** Brings a miner's row forward as the settlement under way does; null for one that is of the epoch (§2.7). */
const forwardOf = (now: Settling | null, epoch: number, row: Readonly<MinerRow>) =>
  now === null || row.standingEpoch === epoch ? null : now.forwardOf(row);

const WithStateTables = Lookups as unknown as abstract new (tables: StateTables) => Lookups & StateTables;

/** The working state: tables in front of the SSZ tree, and what is rebuilt from them at load and never part of it. */
export class LedgerState extends WithStateTables implements ViewFields {
  globals: Readonly<Globals>;
  params: Readonly<Params>;
  readonly chain: ViewFields['chain'];
  /** Index of the first task whose audit draw is still to come; all before it are drawn, since draws keep the order. */
  nextDraw: IndexOf<'tasks'> = 0;
  readonly openAudits = new OpenAudits(this);
  /** Of the batches of the block in hand; empty between blocks (§9.3). */
  blockReveals: BatchHeader[] = [];
  proposedModels: readonly Ref<'models'>[] = [];
  /** What the settlement under way reads, and how it brings miners forward (§2.7); null while there is none. */
  settling: Settling | null = null;
  readonly #tree = new StateTree();

  constructor(value: StateValue) {
    const miners = new MinerTable(value.miners, (row) => forwardOf(this.settling, this.globals.epoch, row));
    const tableOf = (name: TableName) =>
      name === 'miners' ? miners : new Table(tables[name] as never, value[name] as never, copies[name] as never);
    super(Object.fromEntries(tableNames.map((name) => [name, tableOf(name)])) as unknown as StateTables);
    this.globals = value.globals;
    this.params = value.params;
    const { chainId, genesisHash } = value.globals;
    this.chain = { chainId, genesisHash };
    for (let i = 0; i < this.models.length; i++) this.#noteModel(i);
    this.#noteTasks();
    const [books] = value.books;
    if (books !== undefined) this.settling = settling(booksOf(books));
  }

  /** The state as it is now, for as long as somebody wants it; it costs what changed since the last one. */
  view(): LedgerView {
    const { globals, params, chain, nextDraw, proposedModels } = this;
    const now = this.settling;
    const miners = this.miners.view((row) => forwardOf(now, globals.epoch, row));
    const frozenOf = (name: TableName) => (name === 'miners' ? miners : this[name].frozen());
    const frozen = Object.fromEntries(tableNames.map((name) => [name, frozenOf(name)]));
    const openAudits = this.openAudits.view();
    const fields: ViewFields = { globals, params, chain, nextDraw, proposedModels, openAudits };
    return new StateView(frozen as unknown as ViewTables, fields);
  }

  get books(): ClosedBooks | null {
    return this.settling?.books ?? null;
  }

  /** Keeps the state as it is for a settlement, until `endSettlement`. */
  closeBooks(): Settling {
    this.settling = settling(closedBooks(this));
    return this.settling;
  }

  endSettlement(): void {
    this.settling = null;
    this.setGlobals({ settledEpochs: this.globals.epoch });
  }

  setGlobals(change: Partial<Globals>): void {
    this.globals = { ...this.globals, ...Globals.bounded(change) };
  }

  /** Adds base units to an account, which is opened when it is new. */
  credit(address: Uint8Array, units: bigint): void {
    if (units < 0n) throw new RangeError(`a credit of ${units} base units`);
    const index = this.accountOf(address) ?? this.#openAccount(address);
    this.accounts.update(index, { balanceUnits: this.accounts.at(index).balanceUnits + units });
  }

  /** Takes base units from an account; that it holds them was checked before. */
  debit(address: Uint8Array, units: bigint): void {
    const index = this.accountOf(address) ?? this.#openAccount(address);
    const balanceUnits = this.accounts.at(index).balanceUnits - units;
    if (units < 0n || balanceUnits < 0n) throw new RangeError(`a debit of ${units} base units leaves ${balanceUnits}`);
    this.accounts.update(index, { balanceUnits });
  }

  /** Uses up the nonce of an address. */
  advanceNonce(address: Uint8Array): void {
    const index = this.accountOf(address) ?? this.#openAccount(address);
    this.accounts.update(index, { nonce: this.accounts.at(index).nonce + 1 });
  }

  /** Forgets delegations that were taken back whole. */
  retainDelegations(): void {
    this.delegations.retain(({ stakeUnits }) => stakeUnits > 0n);
  }

  addAudit(row: AuditRow): IndexOf<'audits'> {
    const index = this.audits.push(row);
    this.openAudits.add(index, row);
    return index;
  }

  /** Adds auditors to an open audit, or changes what they did. */
  setAuditors(index: IndexOf<'audits'>, auditors: AuditorSlot[]): void {
    const before = this.audits.at(index).auditors;
    this.audits.update(index, { auditors });
    for (const [at, slot] of auditors.entries()) if (slot !== before[at]) this.openAudits.update(index, slot);
  }

  endAudit(index: IndexOf<'audits'>, verdict: Verdict): void {
    this.audits.update(index, { verdict });
    this.openAudits.close(index, this.audits.at(index));
  }

  addModel(row: ModelRow): Ref<'models'> {
    const index = this.models.push(row);
    this.#noteModel(index);
    return index;
  }

  /** Forgets tasks and audits, by rising indexes. */
  dropTasks(tasks: readonly IndexOf<'tasks'>[], audits: readonly IndexOf<'audits'>[]): void {
    this.tasks.drop(tasks);
    this.nextDraw -= tasks.filter((index) => index < this.nextDraw).length;
    if (audits.length === 0) return;
    this.audits.drop(audits);
    this.openAudits.rebuild(this.audits);
  }

  /** Adds to what an account has in a model; what is taken away was checked before. */
  addHolding({ model, holder, shares, backingUnits }: Omit<HoldingRow, 'offeredShares' | 'priceUnits'>): void {
    const none = { model, holder, shares: 0, backingUnits: 0n, offeredShares: 0, priceUnits: 0n };
    const index = this.holdingOf(model, holder) ?? this.holdings.push(none);
    const old = this.holdings.at(index);
    const sum = { shares: old.shares + shares, backingUnits: old.backingUnits + backingUnits };
    invariant(sum.shares >= 0 && sum.backingUnits >= 0n, `model ${model}: a holding below zero`);
    // §4.7.1 Nobody offers more than it has.
    const offered = old.offeredShares > sum.shares ? { offeredShares: sum.shares } : {};
    this.holdings.update(index, { ...sum, ...offered });
  }

  /** Forgets holdings of nothing. */
  retainHoldings(): void {
    this.holdings.retain((row) => row.shares > 0 || row.backingUnits > 0n);
  }

  #noteModel(index: Ref<'models'>): void {
    const isProposed = this.models.at(index).status === 'proposed';
    if (isProposed) this.proposedModels = [...this.proposedModels, index];
  }

  #noteTasks(): void {
    this.nextDraw = this.tasks.length;
    for (let i = this.tasks.length - 1; i >= 0; i--) {
      if (this.tasks.at(i).status === 'certified') this.nextDraw = i;
    }
    this.openAudits.rebuild(this.audits);
  }

  /** Root of the SSZ `State` (§2.2). */
  root(): Uint8Array {
    return this.#tree.root(this);
  }

  /** The Merkle siblings of a row up to the root (§2.6); null when there is no such row. */
  pathOf(table: TableName, index: number): Uint8Array[] | null {
    if (this[table].get(index) === undefined) return null;
    return [...this[table].path(index), ...this.#tree.path(this, table)];
  }

  /** The SSZ `State`. */
  toBytes(): Uint8Array {
    return bytesOfState(this);
  }

  #openAccount(address: Uint8Array): IndexOf<'accounts'> {
    return this.accounts.push({ address, balanceUnits: 0n, nonce: 0 });
  }
}
