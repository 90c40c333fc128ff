import {
  type AuditNumbers,
  AuditSecret,
  BatchRecords,
  BitArray,
  type BodyKind,
  type BodyValues,
  batchRoots,
  type ChallengeReport,
  type Genesis,
  type LedgerEvent,
  type Params,
  type Receipt,
  type ResultCode,
  Transaction,
  type Transition,
  taskIdOf,
  ticketSigningRoot,
  type UnsignedTransaction,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { setHasher } from '@chainsafe/persistent-merkle-tree';
import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/hashtree';
import { challengeSigningRoot } from '../audit/challenges.ts';
import { batchSigningRoot, revealSigningRoot } from '../batch/certificate.ts';
import { priceOf } from '../batch/receipts.ts';
import { Ledger } from '../block/ledger.ts';
import { committeeOf } from '../draw/committee.ts';
import type { BlockResult } from '../state/result.ts';
import { transactionSigningRoot } from '../transactions/signing.ts';
import { generalDomain, minerTerms, modelTerms, requestHashOf, sessionTerms, taskBounds } from './defaults.fixture.ts';
import { type AccountKey, type CommitteeKey, consensusTerms, type KeyScheme, quickKeys } from './keys.fixture.ts';
import { worldParams } from './params.fixture.ts';
import { plantedArtifactRoot } from './plants.fixture.ts';
import { reportOf } from './reports.fixture.ts';

setHasher(hasher);

const filled = (byte: number) => new Uint8Array(32).fill(byte);

export { requestHashOf } from './defaults.fixture.ts';
export { domainTerms } from './domains.fixture.ts';
export { realKeys } from './keys.fixture.ts';
export { checked, hardFailure, honest, softFailure, unchecked } from './numbers.fixture.ts';

export const FEE = worldParams.transactionFeeUnits;
export const genesisTimeMs = 1_700_000_000_000;

/** Names of those in the world; miners register themselves. */
const people = ['payer', 'otherPayer', 'minerA', 'minerB', 'minerC', 'owner', 'creator', 'landlord'] as const;
export type Person = (typeof people)[number];

/** Who a transaction is from: a person, or `mixer0`, `validator2`, `oracle0`, `gateway0`, `miner0` with its own key. */
export type Sender =
  | Person
  | `${'miner' | 'mixer' | 'validator' | 'consensus' | 'oracle' | 'gateway'}${number}`
  | `stranger${number}`;

export interface WorldOptions {
  readonly keys?: KeyScheme;
  readonly mixers?: number;
  readonly validators?: number;
  /** Operator of each validator; its own account by default. */
  readonly validatorOperators?: readonly Sender[];
  readonly params?: Partial<Params>;
  readonly audit?: Partial<Params['audit']>;
  readonly balanceUnits?: bigint;
  readonly edit?: (genesis: Genesis) => Genesis;
}

export interface TransactionOptions {
  readonly feeUnits?: bigint;
  readonly nonce?: number;
  readonly validUntil?: number;
}

export interface BatchOptions {
  readonly mixer?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly signers?: readonly number[];
  readonly receipts?: readonly Receipt[];
  readonly records?: Partial<BatchRecords>;
}

/** A small network whose blocks a test makes one by one. */
export class World {
  readonly keys: KeyScheme;
  readonly genesis: Genesis;
  readonly committee: readonly CommitteeKey[];
  ledger: Ledger;
  readonly events: LedgerEvent[] = [];
  readonly #accounts = new Map<string, AccountKey>();
  readonly #committeeKeys = new Map<string, CommitteeKey>();
  readonly #nonces = new Map<string, number>();
  #requests = 0;
  #registrations = 0;

  constructor(options: WorldOptions = {}) {
    this.keys = options.keys ?? quickKeys;
    const mixers = options.mixers ?? 4;
    this.committee = Array.from({ length: mixers }, (_, i) => this.committeeKey(`mixer${i}`));
    const genesis = this.#genesisOf(options);
    this.genesis = options.edit === undefined ? genesis : options.edit(genesis);
    this.ledger = Ledger.fromGenesis(this.genesis);
  }

  get state() {
    return this.ledger.state;
  }

  get height(): number {
    return this.ledger.state.globals.height;
  }

  key(name: Sender): AccountKey {
    const known = this.#accounts.get(name) ?? this.keys.account(name);
    this.#accounts.set(name, known);
    return known;
  }

  address(name: Sender): Uint8Array {
    return this.key(name).address;
  }

  balance(name: Sender): bigint {
    return this.state.balanceOf(this.address(name));
  }

  /** A committee key, which batches are then signed with where a seat has it. */
  committeeKey(name: string): CommitteeKey {
    const key = this.keys.committee(name);
    this.#committeeKeys.set(toHex(key.publicKey), key);
    return key;
  }

  /** A signed transaction. The nonce follows the sender's last one made here for the block to come. */
  tx<Kind extends BodyKind>(
    sender: Sender,
    kind: Kind,
    value: BodyValues[Kind],
    options: TransactionOptions = {},
  ): Uint8Array {
    const { publicKey, address } = this.key(sender);
    const nonce = options.nonce ?? this.#nonces.get(sender) ?? this.state.nonceOf(address);
    this.#nonces.set(sender, nonce + 1);
    const content: UnsignedTransaction = {
      publicKey,
      nonce,
      validUntil: options.validUntil ?? this.height + 100,
      feeUnits: options.feeUnits ?? FEE,
      body: { kind, value } as UnsignedTransaction['body'],
    };
    return this.signed(sender, content);
  }

  signed(sender: Sender, content: UnsignedTransaction): Uint8Array {
    const signature = this.key(sender).sign(transactionSigningRoot(this.state.chain, content));
    return Transaction.serialize({ content, signature });
  }

  /** Applies the next block. */
  block(...transactions: readonly Uint8Array[]): BlockResult {
    const { globals, params } = this.state;
    const timeMs = globals.timeMs + params.blockTimeMs;
    const block = { height: globals.height + 1, timeMs, transactions };
    const result = this.ledger.applyBlock(block, this.keys.verifier);
    this.#nonces.clear();
    this.events.push(...result.events);
    return result;
  }

  /** Applies a block of one transaction and gives its code. */
  send<Kind extends BodyKind>(
    sender: Sender,
    kind: Kind,
    value: BodyValues[Kind],
    options?: TransactionOptions,
  ): ResultCode {
    return this.codeOf(this.tx(sender, kind, value, options));
  }

  codeOf(transaction: Uint8Array): ResultCode {
    const [result] = this.block(transaction).transactions;
    if (result === undefined) throw new Error('the block has no transaction');
    return result.code;
  }

  /** A certified batch of the given receipts, signed as asked. */
  batch(options: BatchOptions = {}): BodyValues['certifiedBatch'] {
    const mixer = options.mixer ?? 0;
    const receipts = [...(options.receipts ?? [])];
    const epoch = options.epoch ?? this.state.globals.epoch;
    const { nextSequence, blsPublicKey } = this.state.mixers.at(mixer);
    const sequence = options.sequence ?? nextSequence;
    const seats = committeeOf(this.state, epoch);
    const own = seats.find((seat) => seat.mixer === mixer)?.blsPublicKey ?? blsPublicKey;
    const reveal = this.#signerOf(own).sign(revealSigningRoot(this.state.chain, { epoch, sequence }));
    const records = { ...BatchRecords.defaultValue(), ...options.records };
    const header = { epoch, mixer, sequence, ...batchRoots({ receipts, records }), reveal };
    const root = batchSigningRoot(this.state.chain, header);
    const isSigning = seats.map((seat) => options.signers?.includes(seat.mixer) ?? true);
    const signing = seats.filter((_, index) => isSigning[index]);
    const signature = this.keys.aggregate(signing.map((seat) => this.#signerOf(seat.blsPublicKey).sign(root)));
    const signers = BitArray.fromBoolArray(isSigning);
    return { certificate: { header, signers, signature }, receipts, records };
  }

  batchTx(options: BatchOptions & TransactionOptions & { readonly sender?: Sender } = {}): Uint8Array {
    const sender = options.sender ?? `mixer${options.mixer ?? 0}`;
    return this.tx(sender, 'certifiedBatch', this.batch(options), { feeUnits: 0n, ...options });
  }

  #signerOf(blsPublicKey: Uint8Array): CommitteeKey {
    const key = this.#committeeKeys.get(toHex(blsPublicKey));
    if (key === undefined) throw new Error('nobody here has this committee key');
    return key;
  }

  /** A mixer's ticket for a request (§6.4). */
  ticket(task: { session: number; requestHash: Uint8Array }, mixer = 0): Uint8Array {
    return this.committee[mixer]?.sign(ticketSigningRoot(this.state.chain, task)) ?? new Uint8Array(96);
  }

  /** A receipt of another request, admitted by mixer 0, as an honest committee would certify it now. */
  receipt(change: Partial<Receipt> = {}): Receipt {
    const {
      requestHash = requestHashOf(this.#requests++),
      session = 0,
      model = 0,
      tokensIn = 10,
      tokensOut = 20,
      replica = 0,
    } = change;
    const { ticket = this.ticket({ session, requestHash }) } = change;
    const prices = this.state.models.get(model);
    return {
      taskId: taskIdOf({ ticket, replica }),
      kind: 'user',
      outcome: 'complete',
      miner: 0,
      gateway: 0,
      drawHeight: this.height,
      rank: 0,
      attempt: 0,
      priceUnits: prices === undefined ? 0n : priceOf(prices, { tokensIn, tokensOut }),
      artifactRoot: plantedArtifactRoot,
      firstTokenMs: 70,
      totalMs: 300,
      similarityPpb: 0,
      session,
      model,
      ...taskBounds,
      tokensIn,
      tokensOut,
      requestHash,
      ticket,
      replica,
      ...change,
    };
  }

  /** A late step of the task that `receipt` is about, in its first attempt. */
  transition(receipt: Receipt, change: Partial<Transition> = {}): Transition {
    const { session, requestHash, ticket, replica, kind, miner, rank, drawHeight } = receipt;
    return {
      session,
      requestHash,
      ticket,
      replica,
      kind,
      miner,
      rank,
      drawHeight,
      step: 'precommit',
      attempt: 0,
      oracle: 0,
      ...change,
    };
  }

  report(mixer: number, change: Partial<ChallengeReport> & { miner: number }): ChallengeReport {
    const root = challengeSigningRoot(this.state.chain, this.state.globals.epoch);
    return reportOf({ reveal: this.committee[mixer]?.sign(root) ?? new Uint8Array(96), ...change });
  }

  registration(change: Partial<BodyValues['registerMiner']> = {}): BodyValues['registerMiner'] {
    return {
      owner: this.address('owner'),
      publicKey: this.key(`miner${this.#registrations++}`).publicKey,
      ...minerTerms,
      ...change,
    };
  }

  session(change: Partial<BodyValues['openSession']> = {}): BodyValues['openSession'] {
    return { ...sessionTerms, ...change };
  }

  /** Registers miner 0 (operator minerA, owner owner) and opens session 0 (payer). */
  populate(): this {
    this.block(
      this.tx('minerA', 'registerMiner', this.registration()),
      this.tx('payer', 'openSession', this.session()),
    );
    this.block();
    return this;
  }

  /** Certifies receipts, then turns the beacon until their audits are drawn. */
  certify(...receipts: readonly Receipt[]): void {
    this.block(this.batchTx({ receipts }));
    for (let i = 0; i < this.state.params.audit.drawDelayBlocks; i++) this.block(this.batchTx());
  }

  /** Applies empty blocks until the epoch is over. */
  finishEpoch(): BlockResult {
    const { epoch } = this.state.globals;
    let result = this.block();
    while (this.state.globals.epoch === epoch) result = this.block();
    return result;
  }

  /** The validators at work on a task, in the order of their draw. */
  auditorsOf(taskId: Uint8Array): number[] {
    const audit = this.state.auditOf(taskId);
    return audit === undefined ? [] : this.state.audits.at(audit).auditors.map((slot) => slot.validator);
  }

  /** A commitment to numbers and the reveal that opens it. */
  auditPair(
    validator: number,
    taskId: Uint8Array,
    numbers: AuditNumbers,
    own: { readonly key: Sender; readonly account: Sender } = {
      key: `validator${validator}`,
      account: `validator${validator}`,
    },
  ) {
    const [sender, nonce] = [own.key, filled(validator)];
    const commitment = AuditSecret.hashTreeRoot({ numbers, nonce, account: this.address(own.account) });
    const items = { commit: { taskId, commitment }, reveal: { taskId, numbers, nonce } };
    return {
      items,
      commit: () => this.tx(sender, 'auditCommit', { items: [items.commit] }, { feeUnits: 0n }),
      reveal: () => this.tx(sender, 'auditReveal', { items: [items.reveal] }, { feeUnits: 0n }),
    };
  }

  /** Lets each of the validators commit and then reveal its numbers; two blocks. */
  audit(taskId: Uint8Array, numbers: ReadonlyMap<number, AuditNumbers>): void {
    const pairs = [...numbers].map(([validator, each]) => this.auditPair(validator, taskId, each));
    this.block(...pairs.map((pair) => pair.commit()));
    this.block(...pairs.map((pair) => pair.reveal()));
  }

  #genesisOf(options: WorldOptions): Genesis {
    const { validators = 4, validatorOperators = [], balanceUnits = 1_000_000n } = options;
    const role = (name: Sender, operator: Sender, stakeUnits: bigint) => ({
      publicKey: this.key(name).publicKey,
      operator: this.address(operator),
      stakeUnits,
    });
    const roles = (kind: 'oracle' | 'gateway', count: number) =>
      Array.from({ length: count }, (_, i) => role(`${kind}${i}`, `${kind}${i}`, 100n));
    return {
      chainId: 'assay-test',
      timeMs: genesisTimeMs,
      params: { ...worldParams, ...options.params, audit: { ...worldParams.audit, ...options.audit } },
      accounts: people.map((name) => ({ address: this.address(name), balanceUnits })),
      mixers: this.committee.map(({ publicKey, possession }, i) => ({
        publicKey: this.key(`mixer${i}`).publicKey,
        blsPublicKey: publicKey,
        possession,
        stakeUnits: 1000n,
      })),
      oracles: roles('oracle', 2),
      validators: Array.from({ length: validators }, (_, i) => ({
        ...role(`validator${i}`, validatorOperators[i] ?? `validator${i}`, 500n),
        ...consensusTerms(this.key(`consensus${i}`), this.address(`validator${i}`)),
      })),
      gateways: roles('gateway', 1),
      profiles: [],
      domains: [{ ...generalDomain, owner: this.address('landlord') }],
      models: ['small', 'large'].map((name, i) => ({
        ...modelTerms,
        name: name,
        creator: this.address('creator'),
        fileHash: filled(i),
      })),
    };
  }
}
