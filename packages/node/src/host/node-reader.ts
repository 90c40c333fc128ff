import {
  type Account,
  type BlockDetail,
  type BlockPage,
  type BlockSummary,
  type Checked,
  type Committee,
  type DomainQueue,
  type Epoch,
  type EventPage,
  type GenesisJson,
  type KeptState,
  type Miner,
  type MinerEarning,
  type OpenCasePage,
  type ParamsJson,
  portableReceipt,
  type ReceiptJson,
  type RowProofJson,
  rowProofToJson,
  type Session,
  type Status,
  type Task,
  type TaskDetail,
  type TaskPage,
} from '@assay/client';
import {
  auditJson,
  blockDetailJson,
  blockSummaryJson,
  epochJson,
  eventJson,
  genesisJson,
  hexText,
  openCaseJson,
  paramsJson,
  receiptJson,
  rowJson,
  taskJson,
} from '@assay/explain/json';
import { minerEarning } from '@assay/explain/miner-earning';
import { committeeEpochs, committeeOf, headerRoot, isUndecided, type LedgerView } from '@assay/ledger';
import {
  addressOf,
  addressText,
  Block,
  type BodyKind,
  cometAddress,
  type EngineInfo,
  type Genesis,
  headerOf,
  type MarkedEvent,
  proofTables,
  type Ref,
  resultCodes,
  Seal,
  sealedBlockBytes,
  Transaction,
} from '@assay/protocol';
import type { QueueView } from '@assay/roles/mixer/index';
import type { Chain, Inclusion } from '@assay/roles/ports/chain';
import { toHex } from '@assay/ssz';
import type { NodeReader, PageRequest, RowKey } from '../http/port.ts';
import type { Store } from '../store/store.ts';
import type { TaskRecord } from '../store/tasks.ts';
import { markedEventsAt } from './marked-events.ts';
import { pageOf } from './pages.ts';
import { statesOf } from './task-states.ts';
import type { TotalsView } from './totals.ts';

export interface NodeReaderParts {
  readonly version: string;
  readonly genesis: Genesis;
  readonly chain: Chain;
  readonly store: Store;
  readonly totals: TotalsView;
  /** Whether a task is under way at a mixer of this process. */
  readonly isPending: (taskId: string) => boolean;
  /** What waits at the mixers of this process for miners of these models of a domain. */
  readonly queues: (domain: Ref<'domains'>, models: readonly Ref<'models'>[]) => QueueView[];
  /** What a miner of this node serves with; null of any other. */
  readonly engineOf: (miner: Ref<'miners'>) => EngineInfo | null;
}

/** Answers the node API from the ledger and the store, in the JSON form of the protocol's own types. */
export class LocalReader implements NodeReader {
  readonly #parts: NodeReaderParts;
  /** CometBFT's names of the validators of a head. */
  #named: { readonly head: LedgerView; readonly byAddress: ReadonlyMap<string, Ref<'validators'>> } | null = null;

  constructor(parts: NodeReaderParts) {
    this.#parts = parts;
  }

  get #head(): LedgerView {
    return this.#parts.chain.head();
  }

  status(): Status {
    const { globals, params, chain } = this.#head;
    const { certified, audited, approved, rejected, failed, noResult, paidUnits } = this.#parts.totals.totals;
    return {
      version: this.#parts.version,
      chainId: chain.chainId,
      genesisHash: hexText(chain.genesisHash),
      height: globals.height,
      timeMs: globals.timeMs,
      stateRoot: hexText(this.#parts.chain.stateRoot()),
      epoch: globals.epoch,
      epochBlocks: params.epochBlocks,
      blockTimeMs: params.blockTimeMs,
      tasks: { certified, audited, approved, rejected, failed, noResult },
      paidUnits: String(paidUnits),
      genesisUnits: String(globals.genesisUnits),
      mintedUnits: String(globals.mintedUnits),
      burnedUnits: String(globals.burnedUnits),
      treasuryUnits: String(globals.treasuryUnits),
    };
  }

  genesis(): GenesisJson {
    return genesisJson(this.#parts.genesis);
  }

  params(): ParamsJson {
    return paramsJson(this.#head.params);
  }

  committee({ epoch: asked }: { epoch: number | null }): Committee | null {
    const state = this.#head;
    const { chain, globals, mixers, params } = state;
    const epoch = asked ?? globals.epoch;
    if (epoch > globals.epoch) return null;
    const seats = committeeOf(state, epoch);
    return {
      chainId: chain.chainId,
      genesisHash: hexText(chain.genesisHash),
      epoch,
      epochs: committeeEpochs(state, epoch),
      epochBlocks: params.epochBlocks,
      needed: Math.floor((2 * seats.length) / 3) + 1,
      mixers: seats.map(({ mixer: index, blsPublicKey }) => {
        const { account, publicKey, stakeUnits } = rowJson.mixer(index, mixers.at(index));
        return { index, account, publicKey, blsPublicKey: hexText(blsPublicKey), stakeUnits };
      }),
    };
  }

  blocks({ from, limit }: PageRequest): BlockPage {
    const items: BlockSummary[] = [];
    for (let height = Math.max(from, 1); height < from + limit; height++) {
      const bytes = this.#parts.store.blockAt(height);
      if (bytes === null) break;
      const block = Block.deserialize(bytes);
      items.push(blockSummaryJson({ block, root: headerRoot(block.header), proposer: this.#proposerOf(height) }));
    }
    return { height: this.#parts.store.height, items };
  }

  block(height: number): BlockDetail | null {
    const bytes = this.#parts.store.blockAt(height);
    const stored = this.#parts.store.resultAt(height);
    if (bytes === null || stored === null) return null;
    const block = Block.deserialize(bytes);
    const transactions = block.transactions.map((raw, i) => ({
      code: stored.codes[i] ?? 'MALFORMED',
      ...envelopeOf(raw),
    }));
    const result = { transactions, events: stored.events };
    return blockDetailJson({ block, root: headerRoot(block.header), proposer: this.#proposerOf(height), result });
  }

  /** CometBFT's header of a height, which names its proposer, is part of the seal of the block before (§18.10). */
  #proposerOf(height: number): Ref<'validators'> | null {
    const own = this.#sealAt(height);
    if (own?.kind === 'embedded') return own.value.proposer;
    const before = this.#sealAt(height - 1);
    if (before?.kind !== 'cometbft') return null;
    const { proposerAddress } = before.value.header;
    return this.#validatorsByAddress().get(toHex(proposerAddress)) ?? null;
  }

  #validatorsByAddress(): ReadonlyMap<string, Ref<'validators'>> {
    const head = this.#head;
    if (this.#named?.head !== head) {
      const keys = Array.from(head.validators, ({ consensusKey }) => toHex(cometAddress(consensusKey)));
      this.#named = { head, byAddress: new Map(keys.map((key, validator) => [key, validator])) };
    }
    return this.#named.byAddress;
  }

  #sealAt(height: number): Seal | null {
    const bytes = this.#parts.store.sealAt(height);
    return bytes === null ? null : Seal.deserialize(bytes);
  }

  blockBytes(height: number): Uint8Array | null {
    const block = this.#parts.store.blockAt(height);
    if (block === null) return null;
    const seal = this.#parts.store.sealAt(height);
    return sealedBlockBytes(block, seal);
  }

  stateBytes(upTo: number): { readonly block: Uint8Array; readonly state: Uint8Array } | null {
    const { store } = this.#parts;
    const height = store.snapshots.upTo(upTo);
    const state = height === null ? null : store.snapshotAt(height);
    const block = height === null ? null : this.blockBytes(height);
    return block === null || state === null ? null : { block, state };
  }

  state(upTo: number): KeptState | null {
    const { store } = this.#parts;
    const height = store.snapshots.upTo(upTo);
    const block = height === null ? null : store.blockAt(height);
    if (height === null || block === null) return null;
    return { height, stateRoot: hexText(headerOf(block).stateRoot), bytes: store.snapshots.bytesAt(height) };
  }

  events(event: MarkedEvent, page: PageRequest): EventPage {
    const { store } = this.#parts;
    const items = store.heightsWith(event, page).flatMap((height) => markedEventsAt(store, event, height));
    return { height: store.height, items };
  }

  account(address: Uint8Array): Account | null {
    const state = this.#head;
    const index = state.accountOf(address);
    return index === undefined ? null : rowJson.account(state.accounts.at(index));
  }

  miners(page: PageRequest) {
    const state = this.#head;
    return pageOf(state, 'miners', page, (row, index) => rowJson.miner(index, row, state.measures.of(index)));
  }

  miner(index: Ref<'miners'>): Miner | null {
    const { miners, measures } = this.#head;
    const row = miners.get(index);
    return row === undefined ? null : rowJson.miner(index, row, measures.of(index));
  }

  queue(domain: Ref<'domains'>): DomainQueue | null {
    const { domains, models, params } = this.#head;
    if (domains.get(domain) === undefined) return null;
    const own = [...models].flatMap((row, index) => (row.domain === domain && row.status === 'accepted' ? index : []));
    const mixers = this.#parts.queues(domain, own).map((queue) => ({
      ...queue,
      models: queue.models.map((each) => ({ ...each, name: models.at(each.model).name })),
      payers: queue.payers.map((each) => ({ ...each, payer: addressText(each.payer) })),
    }));
    return { domain, ...params.queue, mixers };
  }

  minerEarning(index: Ref<'miners'>): MinerEarning | null {
    const head = this.#head;
    return head.miners.get(index) === undefined ? null : minerEarning(head, index, this.#parts.engineOf(index));
  }

  mixers(page: PageRequest) {
    return pageOf(this.#head, 'mixers', page, (row, index) => rowJson.mixer(index, row));
  }

  validators(page: PageRequest) {
    return pageOf(this.#head, 'validators', page, (row, index) => rowJson.validator(index, row));
  }

  oracles(page: PageRequest) {
    return pageOf(this.#head, 'oracles', page, (row, index) => rowJson.role(index, row));
  }

  gateways(page: PageRequest) {
    return pageOf(this.#head, 'gateways', page, (row, index) => rowJson.gateway(index, row));
  }

  domains(page: PageRequest) {
    return pageOf(this.#head, 'domains', page, (row, index) => rowJson.domain(index, row));
  }

  models(page: PageRequest) {
    return pageOf(this.#head, 'models', page, (row, index) => rowJson.model(index, row));
  }

  profiles(page: PageRequest) {
    return pageOf(this.#head, 'profiles', page, (row, index) => rowJson.profile(index, row));
  }

  delegations(page: PageRequest) {
    return pageOf(this.#head, 'delegations', page, (row, index) => rowJson.delegation(index, row));
  }

  holdings(page: PageRequest) {
    return pageOf(this.#head, 'holdings', page, (row, index) => rowJson.holding(index, row));
  }

  sessions(page: PageRequest) {
    return pageOf(this.#head, 'sessions', page, (row, index) => rowJson.session(index, row));
  }

  session(index: Ref<'sessions'>): Session | null {
    const row = this.#head.sessions.get(index);
    return row === undefined ? null : rowJson.session(index, row);
  }

  openCases({ from, limit }: PageRequest): OpenCasePage {
    const state = this.#head;
    const open = [...state.cases].filter(isUndecided);
    const items = open.slice(from, from + limit).map((row) => openCaseJson(state, row));
    return { height: state.globals.height, total: open.length, items };
  }

  tasks({ before, limit }: { before: number | null; limit: number }): TaskPage {
    const records = this.#parts.store.recentTasks({ limit, before: before ?? undefined });
    return { height: this.#parts.store.height, items: records.map((record) => this.#taskJson(record)) };
  }

  task(taskId: Uint8Array): TaskDetail | 'pending' | null {
    const record = this.#parts.store.task(taskId);
    if (record === null) return this.#pendingOrNone(taskId);
    return {
      ...this.#taskJson(record),
      states: this.#statesOf(record),
      audit: record.audit === null ? null : auditJson(record.audit),
      history: record.history.map(({ height, event }) => ({ height, event: eventJson(event) })),
    };
  }

  receipt(taskId: Uint8Array): ReceiptJson | 'pending' | null {
    const record = this.#parts.store.task(taskId);
    if (record === null) return this.#pendingOrNone(taskId);
    const bytes = this.#parts.store.blockAt(record.row.height);
    const raw = bytes === null ? undefined : Block.deserialize(bytes).transactions[record.transaction];
    if (raw === undefined) return null;
    const { body } = Transaction.deserialize(raw).content;
    if (body.kind !== 'certifiedBatch') return null;
    const { index } = record;
    const { height } = record.row;
    const receipt = portableReceipt({ chain: this.#parts.chain.identity, height, batch: body.value, index });
    return receipt === null ? null : receiptJson(receipt);
  }

  async proof(key: RowKey): Promise<RowProofJson | null> {
    const proof = await this.#parts.chain.prove(proofTables[key.kind], (head) => indexOf(head, key));
    return proof === null ? null : rowProofToJson(proof);
  }

  epoch(epoch: number): Epoch | null {
    const closed = this.#parts.store.epochClose(epoch);
    return closed === null ? null : epochJson(closed.close);
  }

  submit(transaction: Uint8Array): Promise<Inclusion> {
    return this.#parts.chain.submit(transaction);
  }

  async check(transaction: Uint8Array): Promise<Checked> {
    const { code, height } = await this.#parts.chain.check(transaction);
    return { code, sentence: resultCodes[code].sentence, height };
  }

  #pendingOrNone(taskId: Uint8Array): 'pending' | null {
    return this.#parts.isPending(toHex(taskId)) ? 'pending' : null;
  }

  #statesOf({ receipt, row, history }: TaskRecord): TaskDetail['states'] {
    const late = history.flatMap(({ height, event }) => (event.type === 'taskLate' ? [{ ...event, height }] : []));
    const payer = this.#head.sessions.get(receipt.session)?.payer;
    const timeOf = (height: number) => {
      const bytes = this.#parts.store.blockAt(height);
      return bytes === null ? null : Block.deserialize(bytes).header.timeMs;
    };
    return statesOf({ receipt, row, late, payer: payer === undefined ? null : addressText(payer), timeOf });
  }

  #taskJson({ receipt, audit, row, order, timeMs, refundedUnits, paidEpoch }: TaskRecord): Task {
    const model = this.#head.models.get(receipt.model);
    const modelName = model?.name ?? '';
    const verdict = audit?.verdict ?? null;
    const redundancy = this.#head.sessions.get(receipt.session)?.redundancy ?? 1;
    const isCompared = redundancy > 1;
    return taskJson(row, receipt, { order, modelName, timeMs, verdict, isCompared, refundedUnits, paidEpoch });
  }
}

function indexOf(state: LedgerView, key: RowKey): number | undefined {
  if (typeof key.id === 'number') return key.id;
  return key.kind === 'account' ? state.accountOf(key.id) : state.taskOf(key.id);
}

/** Kind and sender of a serialised transaction; null when it is none. */
function envelopeOf(raw: Uint8Array): { kind: BodyKind | null; sender: Uint8Array | null } {
  try {
    const { content } = Transaction.deserialize(raw);
    return { kind: content.body.kind, sender: addressOf(content.publicKey) };
  } catch {
    return { kind: null, sender: null };
  }
}
