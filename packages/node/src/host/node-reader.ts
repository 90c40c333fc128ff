import {
  type Account,
  type BlockDetail,
  type BlockPage,
  type BlockSummary,
  type Checked,
  type Committee,
  type Epoch,
  type GenesisJson,
  type Miner,
  type MinerEarning,
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
  paramsJson,
  receiptJson,
  rowJson,
  taskJson,
} from '@assay/explain/json';
import { minerEarning } from '@assay/explain/miner-earning';
import { committeeEpochs, committeeOf, headerRoot, type LedgerView, type ReadonlyTable } from '@assay/ledger';
import {
  addressOf,
  Block,
  type BodyKind,
  cometAddress,
  type EngineInfo,
  type Genesis,
  proofTables,
  type Ref,
  resultCodes,
  Seal,
  sealedBlockBytes,
  Transaction,
} from '@assay/protocol';
import type { Chain, Inclusion } from '@assay/roles/ports/chain';
import { toHex } from '@assay/ssz';
import type { NodeReader, PageRequest, RowKey } from '../http/port.ts';
import type { Store } from '../store/store.ts';
import type { TaskRecord } from '../store/tasks.ts';
import type { TotalsView } from './totals.ts';

export interface NodeReaderParts {
  readonly version: string;
  readonly genesis: Genesis;
  readonly chain: Chain;
  readonly store: Store;
  readonly totals: TotalsView;
  /** Whether a task is under way at a mixer of this process. */
  readonly isPending: (taskId: string) => boolean;
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
    const { certified, audited, approved, rejected, paidUnits } = this.#parts.totals.totals;
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
      tasks: { certified, audited, approved, rejected },
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

  tasks({ before, limit }: { before: number | null; limit: number }): TaskPage {
    const records = this.#parts.store.recentTasks({ limit, before: before ?? undefined });
    return { height: this.#parts.store.height, items: records.map((record) => this.#taskJson(record)) };
  }

  task(taskId: Uint8Array): TaskDetail | 'pending' | null {
    const record = this.#parts.store.task(taskId);
    if (record === null) return this.#pendingOrNone(taskId);
    return {
      ...this.#taskJson(record),
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

  #taskJson({ receipt, audit, row, order, timeMs, refundedUnits, paidEpoch }: TaskRecord): Task {
    const model = this.#head.models.get(receipt.model);
    const modelName = model?.name ?? '';
    const verdict = audit?.verdict ?? null;
    return taskJson(row, receipt, { order, modelName, timeMs, verdict, refundedUnits, paidEpoch });
  }
}

type Listed = 'domains' | 'models' | 'holdings' | 'sessions';
type TableName = 'miners' | 'mixers' | 'validators' | 'oracles' | 'gateways' | Listed;
type Rows<Row> = Pick<ReadonlyTable<Row>, 'get' | 'length'>;
type RowOf<Name extends TableName> = LedgerView[Name] extends Rows<infer Row> ? Row : never;

function pageOf<Name extends TableName, Json>(
  state: LedgerView,
  name: Name,
  { from, limit }: PageRequest,
  jsonOf: (row: Readonly<RowOf<Name>>, index: number) => Json,
): { height: number; total: number; items: Json[] } {
  const table = state[name] as Rows<RowOf<Name>>;
  const items: Json[] = [];
  for (let index = from; index < Math.min(from + limit, table.length); index++) {
    const row = table.get(index);
    if (row !== undefined) items.push(jsonOf(row, index));
  }
  return { height: state.globals.height, total: table.length, items };
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
