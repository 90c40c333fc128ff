import type {
  AccountRow,
  AuditRow,
  BodyValues,
  BurnRow,
  CaseRow,
  ChainIdentity,
  CommitteeRow,
  DelegationRow,
  DisputeRow,
  DomainRow,
  Globals,
  HoldingRow,
  MeasureRow,
  MixerRow,
  ModelRow,
  Params,
  PayoutRow,
  PowerRow,
  ProposalRow,
  RatingRow,
  RoleRow,
  SessionRow,
  TaskRow,
  TransitionRow,
  UnbondingRow,
  VoteRow,
} from '@assay/protocol';
import type { DisputeTable } from './dispute-table.ts';
import type { MeasureTable } from './measure-table.ts';
import type { ReadonlyMiners } from './miner-table.ts';
import type { OpenAudits } from './open-audits.ts';
import type { KeyKind } from './role-keys.ts';
import type { ReadonlyTable } from './table.ts';
import type { TransitionTable } from './transition-table.ts';

/** The state as others see it: everything can be read, nothing changed. */
export interface LedgerView {
  readonly globals: Readonly<Globals>;
  readonly params: Readonly<Params>;
  readonly chain: ChainIdentity;
  readonly accounts: ReadonlyTable<AccountRow>;
  readonly miners: ReadonlyMiners;
  readonly mixers: ReadonlyTable<MixerRow>;
  readonly committees: ReadonlyTable<CommitteeRow>;
  readonly oracles: ReadonlyTable<RoleRow>;
  readonly validators: ReadonlyTable<RoleRow>;
  readonly gateways: ReadonlyTable<RoleRow>;
  readonly keyChanges: ReadonlyTable<BodyValues['rotateKey']>;
  readonly committeeKeyChanges: ReadonlyTable<BodyValues['rotateCommitteeKey']>;
  readonly minerUpdates: ReadonlyTable<BodyValues['updateMiner']>;
  readonly powers: ReadonlyTable<PowerRow>;
  readonly delegations: ReadonlyTable<DelegationRow>;
  readonly unbonding: ReadonlyTable<UnbondingRow>;
  readonly domains: ReadonlyTable<DomainRow>;
  readonly models: ReadonlyTable<ModelRow>;
  readonly holdings: ReadonlyTable<HoldingRow>;
  readonly sessions: ReadonlyTable<SessionRow>;
  readonly tasks: ReadonlyTable<TaskRow>;
  readonly audits: ReadonlyTable<AuditRow>;
  readonly measures: ReadonlyTable<MeasureRow> & Pick<MeasureTable, 'of'>;
  readonly disputes: ReadonlyTable<DisputeRow> & Pick<DisputeTable, 'of'>;
  readonly transitions: ReadonlyTable<TransitionRow> & Pick<TransitionTable, 'of' | 'has'>;
  readonly burns: ReadonlyTable<BurnRow>;
  readonly payouts: ReadonlyTable<PayoutRow>;
  readonly ratings: ReadonlyTable<RatingRow>;
  readonly cases: ReadonlyTable<CaseRow>;
  readonly proposals: ReadonlyTable<ProposalRow>;
  readonly votes: ReadonlyTable<VoteRow>;
  /** The audits without a verdict. */
  readonly openAudits: Pick<OpenAudits, 'size' | 'owedBy' | 'tokensOwedBy'>;
  /** Index of the first task whose audit draw is still to come; all before it are drawn. */
  readonly nextDraw: number;
  /** Indexes of the models without a decision, rising. */
  readonly proposedModels: readonly number[];
  /** Index of the account of an address; undefined when it never held anything. */
  accountOf(address: Uint8Array): number | undefined;
  balanceOf(address: Uint8Array): bigint;
  /** Nonce the next transaction of an address must carry. */
  nonceOf(address: Uint8Array): number;
  /** Index of the miner an address operates. */
  minerOf(operator: Uint8Array): number | undefined;
  /** Index of the role of a kind that has a key, or will have it with the next epoch. */
  roleOf(kind: KeyKind, key: Uint8Array): number | undefined;
  /** Index of what an account delegated to a miner. */
  delegationOf(staker: Uint8Array, miner: number): number | undefined;
  /** Index of a certified task that is still kept. */
  taskOf(taskId: Uint8Array): number | undefined;
  /** Index of the audit of a task. */
  auditOf(taskId: Uint8Array): number | undefined;
  /** Index of what an account has in a model. */
  holdingOf(model: number, holder: Uint8Array): number | undefined;
  /** Index of the model of a name, the newest one. */
  modelOf(name: Uint8Array): number | undefined;
  /** Base units held anywhere, from the running totals. */
  heldUnits(): bigint;
  /** Base units held anywhere, counted row by row. */
  countHeldUnits(): bigint;
}
