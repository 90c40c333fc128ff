import { isGone, type LedgerView, noEngine, termsAt } from '@assay/ledger';
import { type BodyKind, type BodyValues, EngineInfo, Hardware, type Ref, type ValidatorRow } from '@assay/protocol';
import type { Worker } from '@assay/roles/miner/index';
import { equalBytes } from '@assay/ssz';
import type { BlsSigner, Ed25519Signer } from '../crypto/signers.ts';

/** A transaction to be signed and sent. */
export type Body = { [Kind in BodyKind]: readonly [kind: Kind, value: BodyValues[Kind]] }[BodyKind];

/** What a miner serves with, as far as it is registered. */
export type Served = Pick<Worker, 'engine' | 'contextTokens'> & {
  /** What its answers can be checked with; null where they cannot. */
  readonly model: object | null;
};

/** How a miner's income is divided unless its operator says otherwise. */
const usualSplit = { operatorBps: 5000, ownerBps: 3500, stakersBps: 1500 } as const;

export interface MinerPlan {
  readonly operator: Pick<Ed25519Signer, 'publicKey' | 'address'>;
  /** Owns the collateral and its part of the income. */
  readonly owner: Uint8Array;
  readonly domain: Ref<'domains'>;
  readonly models: readonly Ref<'models'>[];
  readonly worker: Served;
  /** Tasks it runs at once. */
  readonly concurrency: number;
  readonly hardware: Hardware;
}

/** Registers a miner with the least collateral of its domain. */
export function minerRegistration(head: LedgerView, plan: MinerPlan): Body {
  const { operator, owner, domain, models, worker, concurrency, hardware } = plan;
  const { minCollateralUnits } = termsAt(head.domains.at(domain), head.globals.epoch);
  const contexts = models.map((model) => head.models.at(model).contextTokens);
  return [
    'registerMiner',
    {
      owner,
      publicKey: operator.publicKey,
      domain,
      models: [...models],
      contextTokens: Math.min(worker.contextTokens, ...contexts),
      concurrency,
      evidenceLevel: evidenceLevelOf(worker),
      engine: EngineInfo.hashTreeRoot(worker.engine),
      hardware,
      collateralUnits: minCollateralUnits,
      split: usualSplit,
    },
  ];
}

/** Text alone is level 0; with ids and log-probabilities it can be re-checked. */
const evidenceLevelOf = ({ model }: Pick<Served, 'model'>) => (model === null ? 0 : 2);

/**
 * §3.8, §3.13 What a miner says that runs another engine than it registered, or on another machine; null where it runs
 * that one, is gone, or has said so for the next epoch already.
 */
export function minerUpdate(
  { miners, minerUpdates }: Pick<LedgerView, 'miners' | 'minerUpdates'>,
  miner: Ref<'miners'>,
  { worker, hardware }: { readonly worker: Pick<Served, 'engine' | 'model'>; readonly hardware: Hardware },
): Body | null {
  const row = miners.at(miner);
  const said = [...minerUpdates].findLast((each) => each.miner === miner) ?? row;
  const engine = EngineInfo.hashTreeRoot(worker.engine);
  const isSame = equalBytes(said.engine, engine) && Hardware.equals(said.hardware, hardware);
  if (isGone(row) || isSame) return null;
  const { models, contextTokens, concurrency, split } = said;
  const evidenceLevel = equalBytes(said.engine, engine) ? said.evidenceLevel : evidenceLevelOf(worker);
  return ['updateMiner', { miner, models, contextTokens, concurrency, evidenceLevel, split, engine, hardware }];
}

/** §3.12 What a validator says that audits with another engine than it named; null where it need not, or is gone. */
export function engineName(
  row: Pick<ValidatorRow, 'engine' | 'status'>,
  validator: Ref<'validators'>,
  auditsWith: EngineInfo | null,
): Body | null {
  const engine = auditsWith === null ? noEngine : EngineInfo.hashTreeRoot(auditsWith);
  return isGone(row) || equalBytes(row.engine, engine) ? null : ['nameEngine', { validator, engine }];
}

export interface RolePlan {
  readonly kind: 'mixer' | 'oracle' | 'validator' | 'gateway';
  readonly key: Ed25519Signer;
  /** Of a mixer. */
  readonly committeeKey: BlsSigner | null;
  /** Of a validator. */
  readonly consensusKey: Ed25519Signer | null;
}

/** Registers a role with its least stake. */
export function roleRegistration(head: LedgerView, { kind, key, committeeKey, consensusKey }: RolePlan): Body {
  const { publicKey, address } = key;
  const common = { publicKey, operator: address, stakeUnits: head.params.stake[`${kind}MinUnits`] };
  if (kind === 'mixer') {
    if (committeeKey === null) throw new Error('a mixer has a committee key');
    const terms = { blsPublicKey: committeeKey.publicKey, possession: committeeKey.possession() };
    return ['registerMixer', { ...common, ...terms }];
  }
  if (kind === 'validator') {
    if (consensusKey === null) throw new Error('a validator has a consensus key');
    const possession = consensusKey.consensusPossession(address);
    return ['registerValidator', { ...common, consensusKey: consensusKey.publicKey, possession }];
  }
  return ['registerRole', { kind, ...common }];
}

/** What a registration takes from its sender's account, base units: deposits and fees. */
export function costUnits(head: LedgerView, [kind, value]: Body): bigint {
  const fee = head.params.transactionFeeUnits;
  if (kind === 'registerMiner') {
    const { registrationFeeUnits } = termsAt(head.domains.at(value.domain), head.globals.epoch);
    return value.collateralUnits + registrationFeeUnits + fee;
  }
  return ('stakeUnits' in value ? value.stakeUnits : 0n) + fee;
}
