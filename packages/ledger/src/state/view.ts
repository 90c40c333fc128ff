import { type ChainIdentity, type Globals, moneyNames, type Params, type Ref } from '@assay/protocol';
import type { OpenAuditsView } from './open-audits.ts';
import type { IndexOf, ViewTables } from './state-tables.ts';

/** The kinds of roles that have keys, miners among them. */
export const keyKinds = ['miner', 'mixer', 'oracle', 'validator', 'gateway'] as const;
/** Where keys must differ: among the roles of a kind, and among the committee and the consensus keys of all. */
export type KeyKind = (typeof keyKinds)[number] | 'committee' | 'consensus';

/** What a state has besides its tables. */
export interface ViewFields {
  readonly globals: Readonly<Globals>;
  readonly params: Readonly<Params>;
  readonly chain: ChainIdentity;
  /** The audits without a verdict. */
  readonly openAudits: OpenAuditsView;
  /** Index of the first task whose audit draw is still to come; all before it are drawn. */
  readonly nextDraw: IndexOf<'tasks'>;
  /** Indexes of the models without a decision, rising. */
  readonly proposedModels: readonly Ref<'models'>[];
}

/** The state as others see it: everything can be read, nothing changed. */
export interface LedgerView extends ViewTables, ViewFields, Lookups {}

// All properties of a state are set at once: set one by one by computed names they would be slow to read.
const WithTables = class {
  constructor(tables: ViewTables) {
    Object.assign(this, tables);
  }
} as unknown as new (
  tables: ViewTables,
) => ViewTables;

/** What stands in no table. */
const looseUnits = ({ treasuryUnits, settlingUnits }: Readonly<Globals>): bigint => treasuryUnits + settlingUnits;

/** What is found in the tables of a state. */
export abstract class Lookups extends WithTables {
  abstract readonly globals: Readonly<Globals>;

  /** Index of the account of an address; undefined when it never held anything. */
  accountOf(address: Uint8Array): IndexOf<'accounts'> | undefined {
    return this.accounts.find(address);
  }

  balanceOf(address: Uint8Array): bigint {
    return this.accounts.of(address)?.balanceUnits ?? 0n;
  }

  /** Nonce the next transaction of an address must carry. */
  nonceOf(address: Uint8Array): number {
    return this.accounts.of(address)?.nonce ?? 0;
  }

  /** Index of the miner an address operates. Of several of one operator only the last is not deregistered. */
  minerOf(operator: Uint8Array): IndexOf<'miners'> | undefined {
    return this.miners.find(operator);
  }

  /** Index of the role of a kind that has a key, will have it with the next epoch, or had it lately (§3.6, §3.10). */
  roleOf(kind: KeyKind, key: Uint8Array): number | undefined {
    if (kind === 'committee') {
      return this.mixers.holderOf('blsPublicKey', key) ?? this.committeeKeyChanges.of(key)?.mixer;
    }
    if (kind === 'consensus') {
      const holder = this.validators.holderOf('consensusKey', key);
      return holder ?? (this.consensusKeyChanges.of(key) ?? this.retiredKeys.of(key))?.validator;
    }
    return this[`${kind}s`].holderOf('publicKey', key) ?? this.keyChanges.of(kind, key)?.role;
  }

  /** Index of what an account delegated to a miner. */
  delegationOf(staker: Uint8Array, miner: Ref<'miners'>): IndexOf<'delegations'> | undefined {
    return this.delegations.find(staker, miner);
  }

  /** Index of a certified task that is still kept. */
  taskOf(taskId: Uint8Array): IndexOf<'tasks'> | undefined {
    return this.tasks.find(taskId);
  }

  /** Index of the audit of a task. */
  auditOf(taskId: Uint8Array): IndexOf<'audits'> | undefined {
    return this.audits.find(taskId);
  }

  /** Index of what an account has in a model. */
  holdingOf(model: Ref<'models'>, holder: Uint8Array): IndexOf<'holdings'> | undefined {
    return this.holdings.find(model, holder);
  }

  /** Index of the model of a name, the newest one. */
  modelOf(name: string): IndexOf<'models'> | undefined {
    return this.models.find(name);
  }

  /** Base units held anywhere, from the running totals. */
  heldUnits(): bigint {
    return moneyNames.reduce((sum, name) => sum + this[name].units, looseUnits(this.globals));
  }

  /** Base units held anywhere, counted row by row. */
  countHeldUnits(): bigint {
    return moneyNames.reduce((sum, name) => sum + this[name].countUnits(), looseUnits(this.globals));
  }
}

/** A state as it was at one height. */
export class StateView extends Lookups implements ViewFields {
  readonly globals: Readonly<Globals>;
  readonly params: Readonly<Params>;
  readonly chain: ChainIdentity;
  readonly openAudits: OpenAuditsView;
  readonly nextDraw: IndexOf<'tasks'>;
  readonly proposedModels: readonly Ref<'models'>[];

  constructor(tables: ViewTables, fields: ViewFields) {
    super(tables);
    this.globals = fields.globals;
    this.params = fields.params;
    this.chain = fields.chain;
    this.openAudits = fields.openAudits;
    this.nextDraw = fields.nextDraw;
    this.proposedModels = fields.proposedModels;
  }
}
