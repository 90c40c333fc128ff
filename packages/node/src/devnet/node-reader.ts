import {
  type Account,
  type Audit,
  type BlockDetail,
  type BlockPage,
  type BlockSummary,
  type Committee,
  type Domain,
  type Epoch,
  type GenesisJson,
  type Miner,
  type Mixer,
  type Model,
  portableReceipt,
  portableReceiptToJson,
  type ReceiptJson,
  type Role,
  type Session,
  type Status,
  type Task,
  type TaskDetail,
  type TaskPage,
} from '@assay/client';
import type { ReadonlyTable } from '@assay/ledger';
import {
  AccountRow,
  type AuditRow,
  addressOf,
  addressText,
  auditorStates,
  Block,
  type BlockHeader,
  type BodyValues,
  bodySelectors,
  DomainRow,
  Genesis,
  MinerRow,
  MixerRow,
  ModelRow,
  outcomes,
  Receipt,
  RoleRow,
  SessionRow,
  sessionStatuses,
  Transaction,
  taskKinds,
  taskStatuses,
  toHex,
  verdicts,
} from '@assay/protocol';
import { headerRoot } from '../consensus/seal.ts';
import type { Engine, Inclusion } from '../consensus/port.ts';
import type { NodeReader, PageRequest } from '../http/port.ts';
import type { Store } from '../store/store.ts';
import type { TaskRecord } from '../store/tasks.ts';
import { closeJson, eventJson, hex, nameOf, numbersJson } from './event-json.ts';
import type { TotalsView } from './totals.ts';

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

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
      genesisHash: hex(chain.genesisHash),
      height: globals.height,
      timeMs: globals.timeMs,
      stateRoot: hex(this.#parts.engine.ledger.stateRoot()),
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
    return Genesis.toJson(this.#parts.genesis) as unknown as GenesisJson;
  }

  committee(): Committee {
    const { chain, globals, mixers } = this.#state;
    return {
      chainId: chain.chainId,
      genesisHash: hex(chain.genesisHash),
      epoch: globals.epoch,
      needed: Math.floor((2 * mixers.length) / 3) + 1,
      mixers: [...mixers].map((row, index) => ({
        index,
        account: addressText(row.account),
        publicKey: hex(row.publicKey),
        blsPublicKey: hex(row.blsPublicKey),
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
      items.push({ ...headerJson(block.header), transactions: block.transactions.length });
    }
    return { height: this.#parts.store.height, items };
  }

  block(height: number): BlockDetail | null {
    const bytes = this.#parts.store.blockAt(height);
    const result = this.#parts.store.resultAt(height);
    if (bytes === null || result === null) return null;
    const block = Block.deserialize(bytes);
    return {
      ...headerJson(block.header),
      transactions: block.transactions.map((raw, i) => ({
        code: result.codes[i] ?? 'MALFORMED',
        ...envelopeJson(raw),
        bytes: raw.length,
      })),
      events: result.events.map(eventJson),
    };
  }

  blockBytes(height: number): Uint8Array | null {
    return this.#parts.store.blockAt(height);
  }

  account(address: Uint8Array): Account | null {
    const index = this.#state.accountOf(address);
    return index === undefined ? null : (AccountRow.toJson(this.#state.accounts.at(index)) as unknown as Account);
  }

  miners(page: PageRequest) {
    return this.#page(this.#state.miners, page, (row, index) => rowJson<Miner>(MinerRow.toJson(row), index));
  }

  miner(index: number): Miner | null {
    const row = this.#state.miners.get(index);
    return row === undefined ? null : rowJson<Miner>(MinerRow.toJson(row), index);
  }

  mixers(page: PageRequest) {
    return this.#page(this.#state.mixers, page, (row, index) => rowJson<Mixer>(MixerRow.toJson(row), index));
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
    return this.#page(this.#state.domains, page, (row, index) => rowJson<Domain>(DomainRow.toJson(row), index));
  }

  models(page: PageRequest) {
    return this.#page(this.#state.models, page, (row, index) => rowJson<Model>(ModelRow.toJson(row), index));
  }

  session(index: number): Session | null {
    const row = this.#state.sessions.get(index);
    if (row === undefined) return null;
    return { ...rowJson<Session>(SessionRow.toJson(row), index), status: nameOf(sessionStatuses, row.status) };
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
    return receipt === null ? null : (portableReceiptToJson(receipt) as ReceiptJson);
  }

  epoch(epoch: number): Epoch | null {
    const closed = this.#parts.store.epochClose(epoch);
    return closed === null ? null : closeJson(closed.close);
  }

  submit(transaction: Uint8Array): Promise<Inclusion> {
    return this.#parts.engine.submit(transaction);
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
    return this.#page(table, page, (row, index) => rowJson<Role>(RoleRow.toJson(row), index));
  }

  #taskJson(record: TaskRecord): Task {
    const { receipt, audit, row } = record;
    const model = this.#state.models.get(receipt.model);
    return {
      ...(Receipt.toJson(receipt) as unknown as ReceiptJson['receipt']),
      kind: nameOf(taskKinds, receipt.kind),
      outcome: nameOf(outcomes, receipt.outcome),
      order: record.order,
      status: nameOf(taskStatuses, row.status),
      verdict: audit === null ? null : nameOf(verdicts, audit.verdict),
      modelName: model === undefined ? '' : decode(model.name),
      mixer: row.mixer,
      height: row.height,
      timeMs: record.timeMs,
      pendingUnits: String(row.pendingUnits),
      refundedUnits: String(record.refundedUnits),
      paidEpoch: record.paidEpoch,
    };
  }
}

function rowJson<Json extends { index: number }>(row: unknown, index: number): Json {
  return { index, ...(row as object) } as Json;
}

function headerJson(header: BlockHeader): Omit<BlockSummary, 'transactions'> {
  return {
    height: header.height,
    timeMs: header.timeMs,
    proposer: header.proposer,
    root: hex(headerRoot(header)),
    parentRoot: hex(header.parentRoot),
    transactionsRoot: hex(header.transactionsRoot),
    stateRoot: hex(header.stateRoot),
  };
}

function envelopeJson(raw: Uint8Array): { kind: string | null; sender: string | null } {
  try {
    const { content } = Transaction.deserialize(raw);
    return { kind: nameOf(bodySelectors, content.body.selector), sender: addressText(addressOf(content.publicKey)) };
  } catch {
    return { kind: null, sender: null };
  }
}

function auditJson(audit: AuditRow): Audit {
  return {
    seed: hex(audit.seed),
    drawnHeight: audit.drawnHeight,
    verdict: nameOf(verdicts, audit.verdict),
    auditors: audit.auditors.map((slot) => ({
      validator: slot.validator,
      state: nameOf(auditorStates, slot.state),
      deadline: slot.deadline,
      commitment: hex(slot.commitment),
      numbers: slot.state === auditorStates.revealed ? numbersJson(slot.numbers) : null,
    })),
  };
}
