import type {
  Account,
  Audit,
  AuditNumbersJson,
  BlockDetail,
  BlockSummary,
  Delegation,
  Domain,
  Epoch,
  Event,
  Gateway,
  GenesisJson,
  Holding,
  JsonOf,
  Miner,
  Mixer,
  Model,
  OpenCase,
  ParamsJson,
  Profile,
  ReceiptJson,
  Role,
  Session,
  Task,
  Validator,
} from '@assay/client';
import {
  type BlockResult,
  type LedgerView,
  measuredValues,
  noEngine,
  silenceOf,
  stakeOf,
  type TransactionResult,
} from '@assay/ledger';
import {
  AccountRow,
  type AuditNumbers,
  type AuditRow,
  type AuditVerdict,
  addressText,
  type Block,
  CaseRow,
  DelegationRow,
  DomainRow,
  type EpochClose,
  type Flaw,
  GatewayRow,
  Genesis,
  HoldingRow,
  type LedgerEvent,
  MeasureReport,
  type MeasureRow,
  MinerRow,
  MixerRow,
  ModelRow,
  NoiseProfile,
  noProfile,
  Params,
  PortableReceipt,
  type Receipt,
  type Ref,
  RoleRow,
  SessionRow,
  type TaskRow,
  ValidatorRow,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';

/** Bytes as the API writes them. */
export const hexText = (bytes: Uint8Array): string => `0x${toHex(bytes)}`;

/** Rows of the ledger's tables, with their index, in the API's form. The types' own JSON forms are that form. */
export const rowJson = {
  account: (row: AccountRow) => AccountRow.toJson(row) as Account,
  miner: (index: Ref<'miners'>, row: MinerRow, measures: MeasureRow | undefined): Miner => ({
    index,
    ...(MinerRow.toJson(row) as Omit<Miner, 'index' | 'measured'>),
    measured: measuredJson(measures),
  }),
  mixer: (index: Ref<'mixers'>, row: MixerRow) => ({ index, ...(MixerRow.toJson(row) as Omit<Mixer, 'index'>) }),
  role: (index: number, row: RoleRow) => ({ index, ...(RoleRow.toJson(row) as Omit<Role, 'index'>) }),
  gateway: (index: Ref<'gateways'>, row: GatewayRow) => ({
    index,
    ...(GatewayRow.toJson(row) as Omit<Gateway, 'index'>),
  }),
  validator: (index: Ref<'validators'>, row: ValidatorRow) => ({
    index,
    ...(ValidatorRow.toJson(row) as Omit<Validator, 'index'>),
  }),
  domain: (index: Ref<'domains'>, row: DomainRow) => ({ index, ...(DomainRow.toJson(row) as Omit<Domain, 'index'>) }),
  model: (index: Ref<'models'>, row: ModelRow) => ({ index, ...(ModelRow.toJson(row) as Omit<Model, 'index'>) }),
  delegation: (index: number, row: DelegationRow) => ({
    index,
    ...(DelegationRow.toJson(row) as Omit<Delegation, 'index'>),
  }),
  profile: (index: Ref<'profiles'>, row: NoiseProfile) => ({
    index,
    ...(NoiseProfile.toJson(row) as Omit<Profile, 'index'>),
  }),
  holding: (index: number, row: HoldingRow) => ({ index, ...(HoldingRow.toJson(row) as Omit<Holding, 'index'>) }),
  session: (index: Ref<'sessions'>, row: SessionRow) => ({
    index,
    ...(SessionRow.toJson(row) as Omit<Session, 'index'>),
  }),
};

/** An undecided case, with who may appeal and what silence makes of it (§10.6.1). */
export function openCaseJson(state: LedgerView, row: Readonly<CaseRow>): OpenCase {
  const owner = stakeOf(state, row.kind, row.role)?.owner ?? new Uint8Array(20);
  const json = CaseRow.toJson(row) as Omit<OpenCase, 'owner' | 'silence'>;
  return { ...json, owner: addressText(owner), silence: silenceOf(state, row) };
}

function measuredJson(row: MeasureRow | undefined): Miner['measured'] {
  const { hashRate, bandwidth, latencyMs } = measuredValues(row);
  const textOf = (value: bigint | null) => (value === null ? null : String(value));
  return {
    hashRate: textOf(hashRate),
    bandwidth: textOf(bandwidth),
    latencyMs,
    epoch: row?.epoch ?? null,
    failed: row?.failed ?? 0,
    reports: (row?.reports ?? []).map((report) => MeasureReport.toJson(report) as Miner['measured']['reports'][number]),
  };
}

/** The genesis file. */
export const genesisJson = (genesis: Genesis) => Genesis.toJson(genesis) as GenesisJson;

/** The parameters in force. */
export const paramsJson = (params: Params) => Params.toJson(params) as ParamsJson;

/** A receipt that proves itself. */
export const receiptJson = (receipt: PortableReceipt) => PortableReceipt.toJson(receipt) as ReceiptJson;

/** What is wrong with an artifact, in a word; null when nothing is. */
export function flawWord(flaw: Flaw): Flaw | null {
  return flaw === 'none' ? null : flaw;
}

function numbersJson(numbers: AuditNumbers): AuditNumbersJson {
  const { profile, flaw, ...measured } = numbers;
  return { ...measured, profile: profile === noProfile ? null : profile, flaw: flawWord(flaw) };
}

export function auditJson({
  seed,
  drawnHeight,
  verdict,
  mismatchesMilli,
  surprise,
  firstAuditors,
  isSecond,
  isPlanted,
  judged,
  waitUntil,
  engine,
  auditors,
}: AuditRow): Audit {
  return {
    seed: hexText(seed),
    drawnHeight,
    isSecond,
    isPlanted,
    judged,
    waitUntil,
    verdict,
    mismatchesMilli,
    surprise,
    firstAuditors,
    engine: equalBytes(engine, noEngine) ? null : hexText(engine),
    auditors: auditors.map(({ validator, state, deadline, commitment, numbers }) => ({
      validator,
      state,
      deadline,
      commitment: hexText(commitment),
      numbers: state === 'revealed' ? numbersJson(numbers) : null,
    })),
  };
}

/** What of a task stands in no row and no receipt. */
export interface TaskFacts {
  readonly order: number;
  readonly modelName: string;
  /** Time of the block that certified it, Unix milliseconds. */
  readonly timeMs: number;
  readonly verdict: AuditVerdict | null;
  /** Whether other miners answered, too, so that the answers were compared. */
  readonly isCompared: boolean;
  readonly refundedUnits: bigint;
  readonly paidEpoch: number | null;
}

export function taskJson(row: TaskRow, receipt: Receipt, facts: TaskFacts): Task {
  const { taskId, ticket, artifactRoot, requestHash, priceUnits, kind, outcome, similarityPpb, ...rest } = receipt;
  return {
    ...rest,
    taskId: hexText(taskId),
    order: facts.order,
    kind,
    outcome,
    status: row.status,
    verdict: facts.verdict,
    modelName: facts.modelName,
    mixer: row.mixer,
    height: row.height,
    timeMs: facts.timeMs,
    priceUnits: String(priceUnits),
    pendingUnits: String(row.pendingUnits),
    refundedUnits: String(facts.refundedUnits),
    paidEpoch: facts.paidEpoch,
    ticket: hexText(ticket),
    requestHash: hexText(requestHash),
    artifactRoot: hexText(artifactRoot),
    similarityPpb: facts.isCompared ? similarityPpb : null,
    agreement: facts.isCompared ? row.agreement : null,
  };
}

/** A ledger value as the API writes it. Of its bytes only addresses are 20 long. */
function plain<T>(value: T): JsonOf<T> {
  const text = (bytes: Uint8Array) => (bytes.length === 20 ? addressText(bytes) : hexText(bytes));
  const convert = (part: unknown): unknown => {
    if (typeof part === 'bigint') return String(part);
    if (part instanceof Uint8Array) return text(part);
    if (Array.isArray(part)) return part.map(convert);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, convert(member)]));
  };
  return convert(value) as JsonOf<T>;
}

/** What a closed epoch paid. */
export const epochJson = (close: EpochClose): Epoch => plain(close);

/** An event of the ledger. */
export function eventJson(event: LedgerEvent): Event {
  if (event.type !== 'auditRevealed') return plain(event);
  return { ...plain(event), numbers: numbersJson(event.numbers) };
}

/** A block in a list. */
export function blockSummaryJson({ block, ...said }: Omit<ShownBlock, 'result'>): BlockSummary {
  return { ...headerJson(block.header, said), transactions: block.transactions.length };
}

interface ShownBlock {
  readonly block: Block;
  readonly root: Uint8Array;
  readonly proposer: Ref<'validators'> | null;
  readonly result: Pick<BlockResult, 'events'> & {
    readonly transactions: readonly Omit<TransactionResult, 'events'>[];
  };
}

/** A block and what it did. */
export function blockDetailJson({ block, result, ...said }: ShownBlock): BlockDetail {
  return {
    ...headerJson(block.header, said),
    transactions: result.transactions.map(({ code, kind, sender }, i) => ({
      code,
      kind,
      sender: sender === null ? null : addressText(sender),
      bytes: block.transactions[i]?.length ?? 0,
    })),
    events: result.events.map(eventJson),
  };
}

function headerJson(header: Block['header'], { root, proposer }: Pick<ShownBlock, 'root' | 'proposer'>) {
  const { height, timeMs, parentRoot, transactionsRoot, stateRoot } = header;
  return {
    height,
    timeMs,
    root: hexText(root),
    parentRoot: hexText(parentRoot),
    transactionsRoot: hexText(transactionsRoot),
    stateRoot: hexText(stateRoot),
    proposer,
  };
}
