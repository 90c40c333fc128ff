import {
  type Account,
  type BlockDetail,
  type BlockPage,
  type BlockSummary,
  type Committee,
  type Epoch,
  type GenesisJson,
  type Miner,
  portableReceipt,
  proofTables,
  type ReceiptJson,
  type RowProofJson,
  rowProofToJson,
  type Session,
  type Status,
  type Task,
  type TaskDetail,
  type TaskPage,
} from '@assay/client';
import type { ReadonlyTable } from '@assay/ledger';
import {
  addressOf,
  addressText,
  Block,
  type BlockHeader,
  type BodyKind,
  type BodyValues,
  bodySelectors,
  type Genesis,
  type RoleRow,
  Transaction,
  toHex,
} from '@assay/protocol';
import type { Engine, Inclusion } from '../consensus/port.ts';
import { headerRoot } from '../consensus/seal.ts';
import {
  auditJson,
  blockDetailJson,
  blockSummaryJson,
  epochJson,
  eventJson,
  genesisJson,
  hexText,
  receiptJson,
  rowJson,
  taskJson,
} from '../http/node-api/json.ts';
import type { NodeReader, PageRequest, RowKey } from '../http/port.ts';
import type { Store } from '../store/store.ts';
import type { TaskRecord } from '../store/tasks.ts';
import type { TotalsView } from './totals.ts';

export interface NodeReaderParts {
  readonly version: string;
  readonly genesis: Genesis;
  readonly engine: Engine;
  readonly store: Store;
  readonly totals: TotalsView;
  /** Whether a task is under way at a mixer of this process. */
  readonly isPending: (taskId: string) => boolean;
}

/** Answers the node API from the ledger and the store, in the JSON form of the protocol's own types. */
export class LocalReader implements NodeReader {
  readonly #parts: NodeReaderParts;

  constructor(parts: NodeReaderParts) {
    this.#parts = parts;
  }

  get #state() {
    return this.#parts.engine.ledger.state;
  }

  status(): Status {
    const { globals, params, chain } = this.#state;
    const { certified, audited, approved, rejected, paidUnits } = this.#parts.totals.totals;
    return {
      version: this.#parts.version,
      chainId: chain.chainId,
      genesisHash: hexText(chain.genesisHash),
      height: globals.height,
      timeMs: globals.timeMs,
      stateRoot: hexText(this.#parts.engine.ledger.stateRoot()),
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

  committee(): Committee {
    const { chain, globals, mixers } = this.#state;
    return {
      chainId: chain.chainId,
      genesisHash: hexText(chain.genesisHash),
      epoch: globals.epoch,
      needed: Math.floor((2 * mixers.length) / 3) + 1,
      mixers: [...mixers].map((row, index) => ({
        index,
        account: addressText(row.account),
        publicKey: hexText(row.publicKey),
        blsPublicKey: hexText(row.blsPublicKey),
        stakeUnits: String(row.stakeUnits),
      })),
    };
  }

  blocks({ from, limit }: PageRequest): BlockPage {
    const items: BlockSummary[] = [];
    for (let height = Math.max(from, 1); height < from + limit; height++) {
      const bytes = this.#parts.store.blockAt(height);
      if (bytes === null) break;
      const block = Block.deserialize(bytes);
      items.push(blockSummaryJson(block, headerRoot(block.header)));
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
    const result = { height, stateRoot: block.header.stateRoot, transactions, events: stored.events };
    return blockDetailJson({ block, root: headerRoot(block.header), result });
  }

  blockBytes(height: number): Uint8Array | null {
    return this.#parts.store.blockAt(height);
  }

  account(address: Uint8Array): Account | null {
    const index = this.#state.accountOf(address);
    return index === undefined ? null : rowJson.account(this.#state.accounts.at(index));
  }

  miners(page: PageRequest) {
    return this.#page(this.#state.miners, page, (row, index) => rowJson.miner(index, row));
  }

  miner(index: number): Miner | null {
    const row = this.#state.miners.get(index);
    return row === undefined ? null : rowJson.miner(index, row);
  }

  mixers(page: PageRequest) {
    return this.#page(this.#state.mixers, page, (row, index) => rowJson.mixer(index, row));
  }

  validators(page: PageRequest) {
    return this.#rolePage(this.#state.validators, page);
  }

  oracles(page: PageRequest) {
    return this.#rolePage(this.#state.oracles, page);
  }

  gateways(page: PageRequest) {
    return this.#rolePage(this.#state.gateways, page);
  }

  domains(page: PageRequest) {
    return this.#page(this.#state.domains, page, (row, index) => rowJson.domain(index, row));
  }

  models(page: PageRequest) {
    return this.#page(this.#state.models, page, (row, index) => rowJson.model(index, row));
  }

  session(index: number): Session | null {
    const row = this.#state.sessions.get(index);
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
    const batch = Transaction.deserialize(raw).content.body.value as BodyValues['certifiedBatch'];
    const { index } = record;
    const { height } = record.row;
    const receipt = portableReceipt({ chain: this.#state.chain, height, batch, index });
    return receipt === null ? null : receiptJson(receipt);
  }

  /** While the ledger is ahead of the disk it waits for the block in hand: only durable blocks are proven. */
  proof(key: RowKey): Promise<RowProofJson | null> {
    const bytes = this.#parts.store.blockAt(this.#state.globals.height);
    if (bytes !== null) return Promise.resolve(this.#proofUnder(Block.deserialize(bytes).header, key));
    return new Promise((resolve) => {
      const end = this.#parts.engine.onBlock(({ block }) => {
        end();
        resolve(this.#proofUnder(block.header, key));
      });
    });
  }

  epoch(epoch: number): Epoch | null {
    const closed = this.#parts.store.epochClose(epoch);
    return closed === null ? null : epochJson(closed.close);
  }

  submit(transaction: Uint8Array): Promise<Inclusion> {
    return this.#parts.engine.submit(transaction);
  }

  #proofUnder(header: BlockHeader, key: RowKey): RowProofJson | null {
    const table = proofTables[key.kind];
    const index = this.#indexOf(key);
    const found = index === undefined ? null : this.#parts.engine.ledger.prove(table, index);
    if (index === undefined || found === null) return null;
    return rowProofToJson({ header, table: new TextEncoder().encode(table), index, ...found });
  }

  #indexOf(key: RowKey): number | undefined {
    if (typeof key.id === 'number') return key.id;
    return key.kind === 'account' ? this.#state.accountOf(key.id) : this.#state.taskOf(key.id);
  }

  #pendingOrNone(taskId: Uint8Array): 'pending' | null {
    return this.#parts.isPending(toHex(taskId)) ? 'pending' : null;
  }

  #page<Row, Json>(
    table: ReadonlyTable<Row>,
    { from, limit }: PageRequest,
    jsonOf: (row: Row, index: number) => Json,
  ): { height: number; total: number; items: Json[] } {
    const items: Json[] = [];
    for (let index = from; index < Math.min(from + limit, table.length); index++) {
      items.push(jsonOf(table.at(index), index));
    }
    return { height: this.#state.globals.height, total: table.length, items };
  }

  #rolePage(table: ReadonlyTable<RoleRow>, page: PageRequest) {
    return this.#page(table, page, (row, index) => rowJson.role(index, row));
  }

  #taskJson({ receipt, audit, row, order, timeMs, refundedUnits, paidEpoch }: TaskRecord): Task {
    const model = this.#state.models.get(receipt.model);
    const modelName = model === undefined ? '' : new TextDecoder().decode(model.name);
    const verdict = audit?.verdict ?? null;
    return taskJson(row, receipt, { order, modelName, timeMs, verdict, refundedUnits, paidEpoch });
  }
}

/** Kind and sender of a serialised transaction; null when it is none. */
function envelopeOf(raw: Uint8Array): { kind: BodyKind | null; sender: Uint8Array | null } {
  try {
    const { content } = Transaction.deserialize(raw);
    const kinds = Object.keys(bodySelectors) as BodyKind[];
    const kind = kinds.find((name) => bodySelectors[name] === content.body.selector) ?? null;
    return { kind, sender: addressOf(content.publicKey) };
  } catch {
    return { kind: null, sender: null };
  }
}
