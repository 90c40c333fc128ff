import {
  AccountRow,
  Agreement,
  AuditorState,
  AuditVerdict,
  CaseRow,
  DelegationRow,
  emissionRateShape,
  epochCloseShape,
  GatewayRow,
  type LedgerEvent,
  ledgerEventShape,
  MinerRow,
  MixerRow,
  Outcome,
  payoutShape,
  RoleRow,
  ref,
  revenuePartsShape,
  SessionRow,
  TaskKind,
  TaskState,
  TaskStatus,
  ValidatorRow,
} from '@assay/protocol';
import { z } from 'zod';
import { AuditNumbersJson, SurpriseJson } from './audit-numbers.ts';
import { Domain } from './domains.ts';
import { Holding, Model, Profile } from './models.ts';
import { certifiedFields } from './receipt.ts';
import { address, bytes32, code, count, ppb, units } from './scalars.ts';
import { type JsonOf, schemaOf, shapeOf } from './schema-of.ts';
import { measured } from './standing.ts';

/*
 * What the node API answers, once: for the node that writes it, the client that reads it and the OpenAPI document
 * that describes it. Where a value mirrors a row of the ledger, its fields are those of the row.
 */

/** The one shape of every error, OpenAI's. `inclusion` is there when a transaction was refused. */
export const ApiError = z.object({
  error: z.object({ message: z.string(), type: z.string(), code, param: z.string().nullable() }),
  inclusion: z.object({ code, height: count }).optional(),
});
export type ApiError = z.infer<typeof ApiError>;

export const Status = z.object({
  version: z.string(),
  chainId: z.string(),
  genesisHash: bytes32,
  height: count,
  /** Of the block at `height`, Unix milliseconds. */
  timeMs: count,
  stateRoot: bytes32,
  epoch: count,
  epochBlocks: count,
  blockTimeMs: count,
  /** All of them since genesis. */
  tasks: z.object({
    certified: count,
    audited: count,
    approved: count,
    rejected: count,
    /** Of the rejected: failed their audit, and had one without a result. */
    failed: count,
    noResult: count,
  }),
  paidUnits: units,
  genesisUnits: units,
  mintedUnits: units,
  burnedUnits: units,
  treasuryUnits: units,
});
export type Status = z.infer<typeof Status>;

export const Account = z.object(shapeOf(AccountRow));
export type Account = z.infer<typeof Account>;

export const Miner = z.object({ index: schemaOf(ref('miners')), ...shapeOf(MinerRow), measured });
export type Miner = z.infer<typeof Miner>;

/** An oracle, and what every role has. */
export const Role = z.object({ index: count, ...shapeOf(RoleRow) });
export type Role = z.infer<typeof Role>;

export const Gateway = z.object({ index: schemaOf(ref('gateways')), ...shapeOf(GatewayRow) });
export type Gateway = z.infer<typeof Gateway>;

export const Validator = z.object({ index: schemaOf(ref('validators')), ...shapeOf(ValidatorRow) });
export type Validator = z.infer<typeof Validator>;

export const Mixer = z.object({ index: schemaOf(ref('mixers')), ...shapeOf(MixerRow) });
export type Mixer = z.infer<typeof Mixer>;

export const Session = z.object({ index: schemaOf(ref('sessions')), ...shapeOf(SessionRow) });
export type Session = z.infer<typeof Session>;

/** Part of a table at one height, in index order; `total` counts the whole table. */
const pageOf = <T extends z.ZodType>(item: T) => z.object({ height: count, total: count, items: z.array(item) });
export const MinerPage = pageOf(Miner);
export type MinerPage = z.infer<typeof MinerPage>;
export const MixerPage = pageOf(Mixer);
export type MixerPage = z.infer<typeof MixerPage>;
export const RolePage = pageOf(Role);
export type RolePage = z.infer<typeof RolePage>;
export const GatewayPage = pageOf(Gateway);
export type GatewayPage = z.infer<typeof GatewayPage>;
export const ValidatorPage = pageOf(Validator);
export type ValidatorPage = z.infer<typeof ValidatorPage>;
export const DomainPage = pageOf(Domain);
export type DomainPage = z.infer<typeof DomainPage>;
export const ModelPage = pageOf(Model);
export type ModelPage = z.infer<typeof ModelPage>;
export const ProfilePage = pageOf(Profile);
export type ProfilePage = z.infer<typeof ProfilePage>;
/** What an account staked on a miner. */
export const Delegation = z.object({ index: count, ...shapeOf(DelegationRow) });
export type Delegation = z.infer<typeof Delegation>;
export const DelegationPage = pageOf(Delegation);
export type DelegationPage = z.infer<typeof DelegationPage>;
export const HoldingPage = pageOf(Holding);
export type HoldingPage = z.infer<typeof HoldingPage>;
export const SessionPage = pageOf(Session);
export type SessionPage = z.infer<typeof SessionPage>;

/** An undecided case: with the owner of the stake, who may appeal, and what its deadline makes of it by itself. */
export const OpenCase = z.object({
  ...shapeOf(CaseRow),
  owner: address,
  silence: z.enum(['due', 'executed', 'dismissed']),
});
export type OpenCase = z.infer<typeof OpenCase>;
export const OpenCasePage = pageOf(OpenCase);
export type OpenCasePage = z.infer<typeof OpenCasePage>;

export const PayoutJson = schemaOf(payoutShape);
export type PayoutJson = z.infer<typeof PayoutJson>;

/** What a reward period could mint when an epoch's end paid it; the epoch has null while its period goes on. */
export const EmissionRate = schemaOf(emissionRateShape);

/** What one epoch paid, to whom and why; every number that went into it. */
export const Epoch = schemaOf(epochCloseShape);
export type Epoch = z.infer<typeof Epoch>;

/** How the price of one task was divided. */
export const RevenueParts = schemaOf(revenuePartsShape);
export type RevenueParts = z.infer<typeof RevenueParts>;

/** What the ledger says that it did. */
export const Event = schemaOf(ledgerEventShape);
export type Event = JsonOf<LedgerEvent>;

const blockFields = {
  height: count,
  timeMs: count,
  root: bytes32,
  parentRoot: bytes32,
  transactionsRoot: bytes32,
  stateRoot: bytes32,
  /** The validator that proposed it; null where this node cannot tell. */
  proposer: count.nullable(),
};
export const BlockSummary = z.object({ ...blockFields, transactions: count });
export type BlockSummary = z.infer<typeof BlockSummary>;
export const BlockPage = z.object({ height: count, items: z.array(BlockSummary) });
export type BlockPage = z.infer<typeof BlockPage>;

/** A block and what it did: one result for each transaction, in order, then the events. */
export const BlockDetail = z.object({
  ...blockFields,
  transactions: z.array(z.object({ code, kind: z.string().nullable(), sender: address.nullable(), bytes: count })),
  events: z.array(Event),
});
export type BlockDetail = z.infer<typeof BlockDetail>;

const verdict = z.enum(AuditVerdict.words);
export const Audit = z.object({
  seed: bytes32,
  drawnHeight: count,
  /** Of a task that had its end already: a challenge contradicts its answer, or it was planted and passed. */
  isSecond: z.boolean(),
  /** Its miner says that the numbers of the artifact are wrong on purpose: choices alone decide. */
  isPlanted: z.boolean(),
  /** Auditors that an earlier verdict has judged already. */
  judged: count,
  /** Height before which nothing but an opening goes on with it; 0 for none. */
  waitUntil: count,
  verdict,
  /** Pooled mismatches of the miner from which the verdict was drawn, thousandths. */
  mismatchesMilli: count,
  /** Pooled surprise of the miner, in the same way. */
  surprise: SurpriseJson,
  /** Auditors that the first draw took. */
  firstAuditors: count,
  /** Root of the engine that all auditors have named; null where anybody may be drawn. */
  engine: bytes32.nullable(),
  auditors: z.array(
    z.object({
      validator: count,
      state: z.enum(AuditorState.words),
      deadline: count,
      commitment: bytes32,
      /** Null until revealed. */
      numbers: AuditNumbersJson.nullable(),
    }),
  ),
});
export type Audit = z.infer<typeof Audit>;

/** A certified task. */
export const Task = z.object({
  taskId: bytes32,
  /** Number in the order of certification; `before` of the next page. */
  order: count,
  kind: z.enum(TaskKind.words),
  outcome: z.enum(Outcome.words),
  status: z.enum(TaskStatus.words),
  /** Null when the task was not drawn for an audit, or not yet. */
  verdict: verdict.nullable(),
  ...certifiedFields,
  modelName: z.string(),
  mixer: count,
  /** Of the block that certified it, with that block's time. */
  height: count,
  timeMs: count,
  pendingUnits: units,
  refundedUnits: units,
  /** The epoch that paid it; null until then, and for ever when it was rejected. */
  paidEpoch: count.nullable(),
  /** With the answers of the other replicas; null where a session asks for one answer. */
  similarityPpb: ppb.nullable(),
  agreement: z.enum(Agreement.words).nullable(),
});
export type Task = z.infer<typeof Task>;
export const TaskPage = z.object({ height: count, items: z.array(Task) });
export type TaskPage = z.infer<typeof TaskPage>;
export const TaskDetail = Task.extend({
  /** The states it went through, in order. */
  states: z.array(
    z.object({
      state: z.enum(['request', ...TaskState.words]),
      attempt: count,
      /** An account, a mixer or a miner. */
      by: z.string(),
      /** The newest block as it was asked for, or that which recorded it, with its time; null where none says when. */
      height: count.nullable(),
      timeMs: count.nullable(),
      isLate: z.boolean(),
    }),
  ),
  audit: Audit.nullable(),
  history: z.array(z.object({ height: count, event: Event })),
});
export type TaskDetail = z.infer<typeof TaskDetail>;

/** Events of one type with the heights of their blocks; the page ends between two blocks. */
export const EventPage = z.object({ height: count, items: z.array(z.object({ height: count, event: Event })) });
export type EventPage = z.infer<typeof EventPage>;

/** A state that the node keeps: the height it stands after, its root there, its size. */
export const KeptState = z.object({ height: count, stateRoot: bytes32, bytes: count });
export type KeptState = z.infer<typeof KeptState>;

/** A task that is known but not yet in a block. */
export const Pending = z.object({ status: z.literal('pending'), taskId: bytes32, message: z.string() });
export type Pending = z.infer<typeof Pending>;

/** A transaction that was applied, and what it caused. */
export const Applied = z.object({ code: z.literal('OK'), height: count, events: z.array(Event) });
export type Applied = z.infer<typeof Applied>;

/** The code a transaction would get as the first of the next block. */
export const Checked = z.object({ code, sentence: z.string(), height: count });
export type Checked = z.infer<typeof Checked>;
