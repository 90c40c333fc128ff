import {
  type AccountRow,
  type AuditorSlot,
  type AuditRow,
  type BatchHeader,
  type BodyValues,
  type BurnRow,
  type CaseRow,
  type ChainIdentity,
  type CommitteeRow,
  type DelegationRow,
  type DomainRow,
  Globals,
  type HoldingRow,
  type MinerRow,
  type MixerRow,
  type ModelRow,
  modelStatuses,
  type Params,
  type PayoutRow,
  type PowerRow,
  type ProposalRow,
  type RatingRow,
  type RoleRow,
  type SessionRow,
  type StateValue,
  type TableName,
  type TaskRow,
  tables,
  taskStatuses,
  type UnbondingRow,
} from '@assay/protocol';
import { DisputeTable } from './dispute-table.ts';
import { booksOf, type ClosedBooks, closedBooks } from './epoch/books.ts';
import { type Settling, settling } from './epoch/bring-forward.ts';
import { invariant } from './invariant.ts';
import { MeasureTable } from './measure-table.ts';
import { type Miners, MinerTable } from './miner-table.ts';
import { OpenAudits } from './open-audits.ts';
import { type KeyKind, type RoleKeys, roleKeysOf } from './role-keys.ts';
import type { RoleKind } from './roles.ts';
import { bytesOfState, StateTree } from './state-tree.ts';
import { keyOf, pairKey, reindex, Table } from './table.ts';
import { TransitionTable } from './transition-table.ts';
import type { LedgerView } from './view.ts';
import { VoteTable } from './vote-table.ts';

export { keyOf, type LedgerView };

const noMoney = () => 0n;

/** The working state: tables in front of the SSZ tree, and lookups that are rebuilt at load and never part of it. */
export class LedgerState implements LedgerView {
  globals: Readonly<Globals>;
  params: Readonly<Params>;
  readonly chain: ChainIdentity;
  readonly accounts: Table<AccountRow>;
  readonly miners: Miners;
  readonly mixers: Table<MixerRow>;
  readonly committees: Table<CommitteeRow>;
  readonly oracles: Table<RoleRow>;
  readonly validators: Table<RoleRow>;
  readonly gateways: Table<RoleRow>;
  readonly keyChanges: Table<BodyValues['rotateKey']>;
  readonly committeeKeyChanges: Table<BodyValues['rotateCommitteeKey']>;
  readonly minerUpdates: Table<BodyValues['updateMiner']>;
  readonly powers: Table<PowerRow>;
  readonly delegations: Table<DelegationRow>;
  readonly unbonding: Table<UnbondingRow>;
  readonly domains: Table<DomainRow>;
  readonly models: Table<ModelRow>;
  readonly holdings: Table<HoldingRow>;
  readonly sessions: Table<SessionRow>;
  readonly tasks: Table<TaskRow>;
  readonly audits: Table<AuditRow>;
  readonly transitions: TransitionTable;
  readonly measures: MeasureTable;
  readonly disputes: DisputeTable;
  readonly burns: Table<BurnRow>;
  readonly payouts: Table<PayoutRow>;
  readonly ratings: Table<RatingRow>;
  readonly cases: Table<CaseRow>;
  readonly proposals: Table<ProposalRow>;
  readonly votes: VoteTable;
  /** Index of the first task whose audit draw is still to come; all before it are drawn, since draws keep the order. */
  nextDraw = 0;
  readonly openAudits = new OpenAudits(this);
  /** Of the batches of the block in hand; empty between blocks (§9.3). */
  blockReveals: BatchHeader[] = [];
  /** Indexes of the models without a decision, rising. */
  proposedModels: number[] = [];
  /** What the settlement under way reads, and how it brings miners forward (§2.7); null while there is none. */
  settling: Settling | null = null;
  readonly #tree = new StateTree();
  readonly roleKeys: RoleKeys;
  readonly #accountOf = new Map<string, number>();
  readonly #minerOf = new Map<string, number>();
  readonly #delegationOf = new Map<string, number>();
  readonly #taskOf = new Map<string, number>();
  readonly #auditOf = new Map<string, number>();
  readonly #modelOf = new Map<string, number>();
  readonly #holdingOf = new Map<string, number>();

  constructor(value: StateValue) {
    this.globals = value.globals;
    this.params = value.params;
    const { chainId, genesisHash } = value.globals;
    this.chain = { chainId, genesisHash };
    this.accounts = new Table(tables.accounts, value.accounts, (row) => row.balanceUnits);
    this.miners = new MinerTable(value.miners, (row) =>
      this.settling === null || row.standingEpoch === this.globals.epoch ? null : this.settling.forwardOf(row),
    );
    this.mixers = new Table(tables.mixers, value.mixers, (row) => row.stakeUnits);
    this.committees = new Table(tables.committees, value.committees, noMoney);
    this.oracles = new Table(tables.oracles, value.oracles, (row) => row.stakeUnits);
    this.validators = new Table(tables.validators, value.validators, (row) => row.stakeUnits);
    this.gateways = new Table(tables.gateways, value.gateways, (row) => row.stakeUnits);
    this.keyChanges = new Table(tables.keyChanges, value.keyChanges, noMoney);
    this.committeeKeyChanges = new Table(tables.committeeKeyChanges, value.committeeKeyChanges, noMoney);
    this.minerUpdates = new Table(tables.minerUpdates, value.minerUpdates, noMoney);
    this.powers = new Table(tables.powers, value.powers, noMoney);
    this.delegations = new Table(tables.delegations, value.delegations, (row) => row.stakeUnits);
    this.unbonding = new Table(tables.unbonding, value.unbonding, (row) => row.units);
    this.domains = new Table(tables.domains, value.domains, noMoney);
    this.models = new Table(tables.models, value.models, noMoney);
    this.holdings = new Table(tables.holdings, value.holdings, (row) => row.backingUnits);
    this.sessions = new Table(tables.sessions, value.sessions, (row) => row.escrowUnits);
    this.tasks = new Table(tables.tasks, value.tasks, (row) => row.pendingUnits);
    this.audits = new Table(tables.audits, value.audits, noMoney);
    this.transitions = new TransitionTable(value.transitions);
    this.measures = new MeasureTable(value.measures);
    this.disputes = new DisputeTable(value.disputes);
    this.burns = new Table(tables.burns, value.burns, noMoney);
    this.payouts = new Table(tables.payouts, value.payouts, noMoney);
    this.ratings = new Table(tables.ratings, value.ratings, noMoney);
    this.cases = new Table(tables.cases, value.cases, (row) => row.heldUnits + row.unbondingUnits + row.bondUnits);
    this.proposals = new Table(tables.proposals, value.proposals, (row) => row.depositUnits);
    this.votes = new VoteTable(value.votes);
    for (let i = 0; i < this.accounts.length; i++) this.#accountOf.set(keyOf(this.accounts.at(i).address), i);
    for (let i = 0; i < this.miners.length; i++) this.#indexMiner(i);
    this.roleKeys = roleKeysOf(this);
    this.#indexDelegations();
    for (let i = 0; i < this.models.length; i++) this.#indexModel(i);
    this.#indexHoldings();
    this.#indexTasks();
    const [books] = value.books;
    if (books !== undefined) this.settling = settling(booksOf(books));
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

  accountOf(address: Uint8Array): number | undefined {
    return this.#accountOf.get(keyOf(address));
  }

  balanceOf(address: Uint8Array): bigint {
    const index = this.accountOf(address);
    return index === undefined ? 0n : this.accounts.at(index).balanceUnits;
  }

  nonceOf(address: Uint8Array): number {
    const index = this.accountOf(address);
    return index === undefined ? 0 : this.accounts.at(index).nonce;
  }

  minerOf(operator: Uint8Array): number | undefined {
    return this.#minerOf.get(keyOf(operator));
  }

  roleOf(kind: KeyKind, key: Uint8Array): number | undefined {
    return this.roleKeys.holderOf(kind, key);
  }

  delegationOf(staker: Uint8Array, miner: number): number | undefined {
    return this.#delegationOf.get(pairKey(staker, miner));
  }

  taskOf(taskId: Uint8Array): number | undefined {
    return this.#taskOf.get(keyOf(taskId));
  }

  auditOf(taskId: Uint8Array): number | undefined {
    return this.#auditOf.get(keyOf(taskId));
  }

  holdingOf(model: number, holder: Uint8Array): number | undefined {
    return this.#holdingOf.get(pairKey(holder, model));
  }

  modelOf(name: string): number | undefined {
    return this.#modelOf.get(name);
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

  addMiner(row: MinerRow): number {
    const index = this.miners.push(row);
    this.#indexMiner(index);
    this.roleKeys.take('miner', row.publicKey, index);
    return index;
  }

  addMixer(row: MixerRow): number {
    const index = this.mixers.push(row);
    this.roleKeys.take('mixer', row.publicKey, index);
    this.roleKeys.take('committee', row.blsPublicKey, index);
    return index;
  }

  addRole(kind: Exclude<RoleKind, 'mixer'>, row: RoleRow): number {
    const index = this[`${kind}s`].push(row);
    this.roleKeys.take(kind, row.publicKey, index);
    return index;
  }

  addDelegation(row: DelegationRow): number {
    const index = this.delegations.push(row);
    this.#delegationOf.set(pairKey(row.staker, row.miner), index);
    return index;
  }

  /** Forgets delegations that were taken back whole. */
  retainDelegations(): void {
    if (this.delegations.retain(({ stakeUnits }) => stakeUnits > 0n)) this.#indexDelegations();
  }

  addTask(row: TaskRow): number {
    const index = this.tasks.push(row);
    this.#taskOf.set(keyOf(row.taskId), index);
    return index;
  }

  addAudit(row: AuditRow): number {
    const index = this.audits.push(row);
    this.#auditOf.set(keyOf(row.taskId), index);
    this.openAudits.add(index, row);
    return index;
  }

  /** Adds auditors to an open audit, or changes what they did. */
  setAuditors(index: number, auditors: AuditorSlot[]): void {
    const before = this.audits.at(index).auditors;
    this.audits.update(index, { auditors });
    for (const [place, slot] of auditors.entries()) if (slot !== before[place]) this.openAudits.update(index, slot);
  }

  endAudit(index: number, verdict: number): void {
    this.audits.update(index, { verdict });
    this.openAudits.close(index, this.audits.at(index));
  }

  addModel(row: ModelRow): number {
    const index = this.models.push(row);
    this.#indexModel(index);
    return index;
  }

  /** Keeps the tasks that pass, and their audits. */
  retainTasks(keep: (task: Readonly<TaskRow>, index: number) => boolean): void {
    if (!this.tasks.retain(keep)) return;
    this.#indexTasks();
    if (this.audits.retain(({ taskId }) => this.taskOf(taskId) !== undefined)) this.#indexTasks();
  }

  /** Of several miners of one operator only the last is not deregistered. */
  #indexMiner(index: number): void {
    const { operator } = this.miners.at(index);
    this.#minerOf.set(keyOf(operator), index);
  }

  #indexDelegations(): void {
    reindex(this.#delegationOf, this.delegations, ({ staker, miner }) => pairKey(staker, miner));
  }

  /** Adds to what an account has in a model; what is taken away was checked before. */
  addHolding({ model, holder, shares, backingUnits }: HoldingRow): void {
    const known = this.holdingOf(model, holder);
    const index = known ?? this.holdings.push({ model, holder, shares: 0, backingUnits: 0n });
    if (known === undefined) this.#holdingOf.set(pairKey(holder, model), index);
    const old = this.holdings.at(index);
    const sum = { shares: old.shares + shares, backingUnits: old.backingUnits + backingUnits };
    invariant(sum.shares >= 0 && sum.backingUnits >= 0n, `model ${model}: a holding below zero`);
    this.holdings.update(index, sum);
  }

  /** Forgets holdings of nothing. */
  retainHoldings(): void {
    if (this.holdings.retain((row) => row.shares > 0 || row.backingUnits > 0n)) this.#indexHoldings();
  }

  #indexHoldings(): void {
    reindex(this.#holdingOf, this.holdings, ({ model, holder }) => pairKey(holder, model));
  }

  #indexModel(index: number): void {
    const { name, status } = this.models.at(index);
    this.#modelOf.set(name, index);
    if (status === modelStatuses.proposed) this.proposedModels.push(index);
  }

  #indexTasks(): void {
    this.#taskOf.clear();
    this.#auditOf.clear();
    this.nextDraw = this.tasks.length;
    for (let i = this.tasks.length - 1; i >= 0; i--) {
      const task = this.tasks.at(i);
      this.#taskOf.set(keyOf(task.taskId), i);
      if (task.status === taskStatuses.certified) this.nextDraw = i;
    }
    for (let i = 0; i < this.audits.length; i++) this.#auditOf.set(keyOf(this.audits.at(i).taskId), i);
    this.openAudits.rebuild(this.audits);
  }

  heldUnits(): bigint {
    return this.moneyTables().reduce((sum, table) => sum + table.units, this.#looseUnits());
  }

  countHeldUnits(): bigint {
    return this.moneyTables().reduce((sum, table) => sum + table.countUnits(), this.#looseUnits());
  }

  /** What stands in no table. */
  #looseUnits(): bigint {
    return this.globals.treasuryUnits + this.globals.settlingUnits;
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

  #openAccount(address: Uint8Array): number {
    const index = this.accounts.push({ address, balanceUnits: 0n, nonce: 0 });
    this.#accountOf.set(keyOf(address), index);
    return index;
  }

  /** The tables whose rows hold base units. */
  moneyTables(): readonly Pick<Table<unknown>, 'units' | 'countUnits' | 'driftUnits'>[] {
    const { miners, mixers, oracles, validators, gateways, delegations, unbonding, holdings } = this;
    const staked = [miners, mixers, oracles, validators, gateways, delegations, unbonding, holdings];
    return [this.accounts, ...staked, this.sessions, this.tasks, this.cases, this.proposals];
  }
}
