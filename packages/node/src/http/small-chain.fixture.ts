import {
  type JsonOf,
  type MinerEarning,
  type NodeCondition,
  type OpenCase,
  rowProofToJson,
  type TaskDetail,
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
import {
  AccountRow,
  AuditRow,
  addressOf,
  addressText,
  Block,
  CaseRow,
  DelegationRow,
  DomainRow,
  type EpochClose,
  GatewayRow,
  Genesis,
  HoldingRow,
  type MarkedEvent,
  MinerRow,
  MixerRow,
  ModelRow,
  NoiseProfile,
  Params,
  PortableReceipt,
  proofTables,
  Receipt,
  RoleRow,
  RowProof,
  resultCodes,
  SealedBlock,
  SessionRow,
  TaskRow,
  ValidatorRow,
} from '@assay/protocol';
import type { CommittedBlock, Inclusion } from '@assay/roles/ports/chain';
import { equalBytes, sha256 } from '@assay/ssz';
import type { NodeReader, OperatorService, PageRequest, RoleControl, RowKey } from './port.ts';

/** An account that holds something, and one that never did. */
export const knownAddress = addressText(addressOf(new Uint8Array(32)));
export const strangeAddress = addressText(addressOf(new Uint8Array(32).fill(9)));
/** A certified task, one that is on its way, and one nobody knows. */
export const certifiedTask = sha256(Uint8Array.of(1));
export const pendingTask = sha256(Uint8Array.of(2));
export const unknownTask = sha256(Uint8Array.of(3));
/** Height of the last block. */
export const headHeight = 5;

const committed: readonly CommittedBlock[] = Array.from({ length: headHeight }, (_, i) => {
  const header = { ...Block.fields.header.defaultValue(), height: i + 1, timeMs: 1000 * (i + 1) };
  const block = { ...Block.defaultValue(), header, transactions: i === 0 ? [] : [Uint8Array.of(i)] };
  const transactions = block.transactions.map(() => ({
    code: 'MALFORMED' as const,
    kind: null,
    sender: null,
    events: [],
  }));
  const events = [{ type: 'taskApproved' as const, taskId: certifiedTask, audited: true }];
  return {
    block,
    root: sha256(Uint8Array.of(i)),
    result: { height: i + 1, stateRoot: header.stateRoot, transactions, events },
  };
});
const at = (height: number): CommittedBlock | undefined => committed[height - 1];

const receipt = { ...Receipt.defaultValue(), taskId: certifiedTask, tokensOut: 12 };
const task: TaskDetail = {
  ...taskJson(TaskRow.defaultValue(), receipt, {
    order: 0,
    modelName: 'echo',
    timeMs: 1000,
    verdict: 'pass',
    isCompared: false,
    refundedUnits: 0n,
    paidEpoch: null,
  }),
  audit: auditJson(AuditRow.defaultValue()),
  states: [],
  history: [{ height: 3, event: eventJson({ type: 'auditSkipped', taskId: certifiedTask, ratePpb: 5 }) }],
};

const own = { role: 0, weight: 1n, units: 7n, limitUnits: null };
/** The one closed epoch. */
export const closedEpoch: EpochClose = {
  epoch: 0,
  durationMs: 16_000,
  emission: { period: 0, forMs: 16_000, perDayUnits: 9n, halvings: 0, limitUnits: null, isBootstrap: false },
  revenueUnits: 7n,
  burnedUnits: 0n,
  mintedUnits: 5n,
  payouts: [{ account: new Uint8Array(20), source: 'revenue', stack: 'miners', kind: 'miner', role: 0, units: 7n }],
  pools: [{ source: 'revenue', stack: 'miners', kind: 'miner', units: 7n, shares: [own] }],
  division: [{ role: 0, weight: 10n ** 21n, units: 5n, limitUnits: null }],
  scores: [
    {
      miner: 0,
      trustPpb: 1,
      levelPpb: 2,
      weakPpb: 4,
      raw: { vwu: 3n },
      finalPpb: 10n ** 9n,
      weight: 10n ** 18n,
      emissionUnits: 5n,
    },
  ],
  capacity: [
    {
      miner: 0,
      right: 2,
      wrong: 1,
      factorPpb: 10n ** 9n,
      passedPpb: 10n ** 9n,
      raw: { stake: 1n, hashRate: 2n, bandwidth: 3n, latency: 4n },
      finalPpb: 10n ** 9n,
      weight: 10n ** 18n,
      emissionUnits: 1n,
    },
  ],
};

const page = <T>(items: readonly T[], { from, limit }: PageRequest) => ({
  height: headHeight,
  total: items.length,
  items: items.slice(from, from + limit),
});
const three = <T>(make: (index: number) => T): T[] => [0, 1, 2].map(make);
const openCases: OpenCase[] = [
  {
    ...(CaseRow.toJson({ ...CaseRow.defaultValue(), id: 2, heldUnits: 9n }) as JsonOf<CaseRow>),
    owner: knownAddress,
    silence: 'due',
  },
];
const miners = three((index) => rowJson.miner(index, MinerRow.defaultValue(), undefined));
const earning: MinerEarning = {
  index: 0,
  engine: null,
  comparison: 'unknown',
  isDrawn: true,
  userLevel: 1,
  minCollateralUnits: '7',
  openCases: [2],
  hindrances: [{ code: 'trialPeriod', sentence: 'It is new.', cure: null }],
};
const oracles = three((index) => rowJson.role(index, RoleRow.defaultValue()));
const validators = three((index) => rowJson.validator(index, ValidatorRow.defaultValue()));
const gateways = three((index) => rowJson.gateway(index, GatewayRow.defaultValue()));

function ofTask<T>(taskId: Uint8Array, value: T): T | 'pending' | null {
  if (equalBytes(taskId, certifiedTask)) return value;
  return equalBytes(taskId, pendingTask) ? 'pending' : null;
}

/** A chain of five blocks that never changes, in the place of an engine and its store. */
export class SmallChain implements NodeReader {
  readonly submitted: Uint8Array[] = [];
  /** What becomes of the next transactions. */
  outcome: Inclusion = { code: 'OK', height: headHeight + 1, events: [] };

  status() {
    const zero = { paidUnits: '0', genesisUnits: '0', mintedUnits: '0', burnedUnits: '0', treasuryUnits: '0' };
    return {
      version: '0.1.0',
      chainId: 'small',
      genesisHash: hexText(new Uint8Array(32)),
      height: headHeight,
      timeMs: 5000,
      stateRoot: hexText(new Uint8Array(32)),
      epoch: 0,
      epochBlocks: 32,
      blockTimeMs: 500,
      tasks: { certified: 1, audited: 1, approved: 1, rejected: 0, failed: 0, noResult: 0 },
      ...zero,
    };
  }
  genesis = () => genesisJson(Genesis.defaultValue());
  params = () => paramsJson(Params.defaultValue());
  committee({ epoch }: { epoch: number | null }) {
    if (epoch !== null && epoch > 0) return null;
    const mixers = three((index) => {
      const { account, publicKey, blsPublicKey, stakeUnits } = rowJson.mixer(index, MixerRow.defaultValue());
      return { index, account, publicKey, blsPublicKey, stakeUnits };
    });
    return {
      chainId: 'small',
      genesisHash: hexText(new Uint8Array(32)),
      epoch: 0,
      epochs: { from: 0, through: 0 },
      epochBlocks: 16,
      needed: 3,
      mixers,
    };
  }
  blocks({ from, limit }: PageRequest) {
    const shown = committed.filter(({ result }) => result.height >= from && result.height < from + limit);
    return { height: headHeight, items: shown.map((each) => blockSummaryJson({ ...each, proposer: 0 })) };
  }
  block(height: number) {
    const found = at(height);
    return found === undefined ? null : blockDetailJson({ ...found, proposer: 0 });
  }
  blockBytes(height: number) {
    const found = at(height);
    return found === undefined ? null : SealedBlock.serialize({ block: found.block, seal: null });
  }
  stateBytes(height: number) {
    const block = this.blockBytes(height);
    return block === null ? null : { block, state: Uint8Array.of(height) };
  }
  state(height: number) {
    const found = at(height);
    return found === undefined ? null : { height, stateRoot: hexText(found.block.header.stateRoot), bytes: 1 };
  }
  events(event: MarkedEvent) {
    const dismissed = { type: 'caseDismissed', case: 0, by: 'time', returnedUnits: 0n } as const;
    const items = event === dismissed.type ? [{ height: 2, event: eventJson(dismissed) }] : [];
    return { height: headHeight, items };
  }
  account(address: Uint8Array) {
    if (addressText(address) !== knownAddress) return null;
    return rowJson.account({ ...AccountRow.defaultValue(), address, balanceUnits: 2n ** 63n });
  }
  miners = (request: PageRequest) => page(miners, request);
  miner = (index: number) => miners[index] ?? null;
  minerEarning = (index: number) => (index < miners.length ? { ...earning, index } : null);
  mixers = (request: PageRequest) =>
    page(
      three((index) => rowJson.mixer(index, MixerRow.defaultValue())),
      request,
    );
  validators = (request: PageRequest) => page(validators, request);
  oracles = (request: PageRequest) => page(oracles, request);
  gateways = (request: PageRequest) => page(gateways, request);
  domains = (request: PageRequest) => page([rowJson.domain(0, DomainRow.defaultValue())], request);
  queue = (domain: number) => (domain === 0 ? { domain, maxWaiting: 256, maxWaitMs: 60_000, mixers: [] } : null);
  models = (request: PageRequest) => page([rowJson.model(0, ModelRow.defaultValue())], request);
  profiles = (request: PageRequest) => page([rowJson.profile(0, NoiseProfile.defaultValue())], request);
  delegations = (request: PageRequest) => page([rowJson.delegation(0, DelegationRow.defaultValue())], request);
  holdings = (request: PageRequest) => page([rowJson.holding(0, HoldingRow.defaultValue())], request);
  sessions = (request: PageRequest) => page([rowJson.session(0, SessionRow.defaultValue())], request);
  session = (index: number) => (index === 0 ? rowJson.session(0, SessionRow.defaultValue()) : null);
  openCases = (request: PageRequest) => page(openCases, request);
  tasks({ before, limit }: { before: number | null; limit: number }) {
    const items = [task].filter(({ order }) => before === null || order < before).slice(0, limit);
    return { height: headHeight, items: items.map(({ audit, history, states, ...rest }) => rest) };
  }
  task = (taskId: Uint8Array) => ofTask(taskId, task);
  receipt = (taskId: Uint8Array) => ofTask(taskId, receiptJson({ ...PortableReceipt.defaultValue(), receipt }));
  proof = ({ kind, id }: RowKey) => {
    const isKnown = kind === 'account' ? addressText(id) === knownAddress : id === 0;
    if (!isKnown) return null;
    const table = proofTables[kind];
    return rowProofToJson({ ...RowProof.defaultValue(), table, path: [new Uint8Array(32)] });
  };
  epoch(epoch: number) {
    if (epoch !== 0) return null;
    return epochJson(closedEpoch);
  }
  async submit(transaction: Uint8Array) {
    this.submitted.push(transaction);
    return this.outcome;
  }
  check() {
    const { code, height } = this.outcome;
    return { code, sentence: resultCodes[code].sentence, height };
  }
}

/** Two roles that do nothing but run or not. */
export class TwoRoles implements OperatorService {
  readonly #roles = new Map<string, RoleControl>(
    (['mixer', 'miner'] as const).map((kind) => [
      `${kind}-0`,
      { name: `${kind}-0`, kind, address: knownAddress, running: true, hasKey: true },
    ]),
  );

  list(): readonly RoleControl[] {
    return [...this.#roles.values()];
  }
  condition(): NodeCondition {
    const roles = this.list().map((role) => ({ ...role, index: 0, isLoading: false, hindrances: [] }));
    const lag = { height: headHeight, isCurrent: true, lagBlocks: null, lagSeconds: 0 };
    return { version: '0', engine: 'embedded', ...lag, peers: null, rule: 1, nextRule: null, roles };
  }
  async set(name: string, running: boolean): Promise<RoleControl | null> {
    const role = this.#roles.get(name);
    if (role === undefined) return null;
    const changed = { ...role, running };
    this.#roles.set(name, changed);
    return changed;
  }
}
