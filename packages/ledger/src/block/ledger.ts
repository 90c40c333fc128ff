import {
  type Genesis,
  type LedgerEvent,
  limits,
  moneyNames,
  type ResultCode,
  type RowProof,
  State,
  type TableName,
  tables,
} from '@assay/protocol';
import { advanceAudits } from '../audit/audits.ts';
import { advanceModels } from '../draw/acceptance.ts';
import { closeEpoch, endsEpoch } from '../epoch/close.ts';
import { prune } from '../epoch/prune.ts';
import { Settlement } from '../epoch/settlement.ts';
import { stateOfGenesis } from '../governance/genesis.ts';
import type { ClosedBooks } from '../state/books.ts';
import { mintMsAfter } from '../state/period.ts';
import type { BlockResult } from '../state/result.ts';
import { enterRule } from '../state/rules.ts';
import { LedgerState, type LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';
import { applyTransaction, checkTransaction, isFreeDuty } from '../transactions/process.ts';
import type { SignedTransaction } from '../transactions/signing.ts';
import { turnBeacon } from './beacon.ts';
import { ConservationError, conservation, runningConservation } from './conservation.ts';
import { Recount } from './recount.ts';

/** A block as the ledger takes it (§2.1). */
export interface BlockInput {
  /** The height after the last one. */
  readonly height: number;
  /** Unix time in milliseconds; later than the last block's. */
  readonly timeMs: number;
  /** Transactions in order: serialised, or read before. */
  readonly transactions: readonly (Uint8Array | SignedTransaction)[];
}

/** The rules of Assay over one state: what a block changes, and what it would refuse. */
export class Ledger {
  readonly #state: LedgerState;
  #settlement: Settlement | null;
  #recount: Recount | null = null;
  #books: readonly ClosedBooks[];
  #root: Uint8Array;
  #view: LedgerView | null = null;

  private constructor(state: LedgerState) {
    this.#state = state;
    this.#settlement = Settlement.of(state);
    this.#books = this.#settlement === null ? [] : [this.#settlement.books];
    this.#root = state.root();
  }

  /** The ledger before its first block. Throws an Error with a plain sentence when the genesis contradicts itself. */
  static fromGenesis(genesis: Genesis): Ledger {
    return new Ledger(stateOfGenesis(genesis));
  }

  /**
   * Continues from `snapshot()` of any height; a settlement goes on where it was (§2.7). Throws when the bytes are no
   * state, or its money or its settlement does not add up.
   */
  static fromSnapshot(bytes: Uint8Array): Ledger {
    const state = new LedgerState(State.deserialize(bytes));
    const broken = conservation(state);
    if (broken !== null) throw new ConservationError(broken);
    return new Ledger(state);
  }

  /** The SSZ `State` after the last block. */
  snapshot(): Uint8Array {
    return this.#state.toBytes();
  }

  /** Whether a settlement goes on with the next block (§2.7). */
  get isSettling(): boolean {
    return isSettling(this.#state);
  }

  /** Root of the state after the last block (§2.2). */
  stateRoot(): Uint8Array {
    return this.#root;
  }

  /**
   * A row after the last block, serialised, with its path to `stateRoot()` (§2.6); null when there is none.
   */
  prove(table: TableName, index: number): Pick<RowProof, 'row' | 'path'> | null {
    const path = this.#state.pathOf(table, index);
    if (path === null) return null;
    return { row: tables[table].elementType.serialize(this.#state[table].at(index) as never), path };
  }

  /** The books of an epoch that the last block settled or went on settling; null for another (§2.7). */
  booksOf(epoch: number): ClosedBooks | null {
    return this.#books.find(({ globals }) => globals.epoch === epoch) ?? null;
  }

  /** The state after the last block, and after the next one once there is one: for what reads it before that. */
  get state(): LedgerView {
    return this.#state;
  }

  /**
   * The state after the last block, which stays as it is whatever blocks follow: what it takes depends on what changed
   * since the view before, not on the size of the state.
   */
  view(): LedgerView {
    this.#view ??= this.#state.view();
    return this.#view;
  }

  /**
   * The code a transaction would get as the first of the next block, with `nextNonce` as its sender's next nonce, which
   * is the ledger's when absent; changes nothing.
   */
  check(transaction: Uint8Array | SignedTransaction, verifier: Verifier, nextNonce?: number): ResultCode {
    const height = this.#state.globals.height + 1;
    return checkTransaction(this.#state, transaction, { height, transaction: 0, verifier, nextNonce });
  }

  /** Whether a transaction is a duty that its sender owes after the last block and sends without a fee (§1.6). */
  isFreeDuty(transaction: SignedTransaction): boolean {
    return isFreeDuty(this.#state, transaction);
  }

  /**
   * Applies a block to the state in place. A refused transaction is a code in the result. Throws a RangeError when the
   * block does not follow the last one and an UnknownRuleError when a newer version is needed (the state is unchanged
   * both times), and a ConservationError when money was made or lost:
   * the state is then worthless and the node must stop before it acknowledges the block.
   */
  applyBlock(input: BlockInput, verifier: Verifier): BlockResult {
    const state = this.#state;
    const { height, timeMs } = input;
    requireSuccessor(state, input);
    enterRule(state, height);
    this.#view = null;
    const events: LedgerEvent[] = [];
    const transactions = input.transactions.map((each, transaction) =>
      applyTransaction(state, each, { height, transaction, verifier }, events),
    );
    turnBeacon(state, height);
    for (const event of advanceAudits(state, height)) events.push(event);
    for (const event of advanceModels(state, height)) events.push(event);
    state.setGlobals({ height, timeMs, mintMs: mintMsAfter(state, timeMs) });
    this.#books = this.#settlement === null ? [] : [this.#settlement.books];
    if (endsEpoch(state.params, height)) {
      this.#settle(Number.POSITIVE_INFINITY, events);
      this.#settlement = closeEpoch(state, events);
      this.#books = [...this.#books, this.#settlement.books];
    }
    this.#settle(state.params.settlementRows, events);
    prune(state);
    if (this.#recount?.advance(state.params.settlementRows) === true) this.#recount = null;
    const broken = runningConservation(state);
    if (broken !== null) throw new ConservationError(broken);
    this.#root = state.root();
    return { height, stateRoot: this.#root, transactions, events };
  }

  /** §2.8 Goes on with the settlement under way. */
  #settle(rows: number, events: LedgerEvent[]): void {
    if (this.#settlement === null) return;
    for (const event of this.#settlement.advance(rows)) events.push(event);
    if (isSettling(this.#state)) return;
    this.#settlement = null;
    this.#recount ??= new Recount(moneyNames.map((name) => this.#state[name]));
  }
}

function isSettling({ globals }: Pick<LedgerView, 'globals'>): boolean {
  return globals.settledEpochs !== globals.epoch;
}

function requireSuccessor(state: LedgerState, { height, timeMs }: BlockInput): void {
  const { globals } = state;
  if (height !== globals.height + 1 || height > limits.maxHeight)
    throw new RangeError(`block ${height} cannot follow block ${globals.height}`);
  if (!Number.isSafeInteger(timeMs) || timeMs <= globals.timeMs || timeMs > limits.maxTimeMs) {
    throw new RangeError(`the time ${timeMs} of block ${height} does not follow ${globals.timeMs}`);
  }
}
