import {
  type BodyKind,
  type BodyValues,
  type LedgerEvent,
  limits,
  type ResultCode,
  type UnsignedTransaction,
} from '@assay/protocol';
import type { TransactionResult } from '../state/result.ts';
import type { LedgerState } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';
import { acceptModel } from './accept-model.ts';
import { admitMiner } from './admit-miner.ts';
import { appealCase } from './appeal-case.ts';
import { assignWork } from './assign-work.ts';
import { auditCommit } from './audit-commit.ts';
import { auditReveal } from './audit-reveal.ts';
import { backModel } from './back-model.ts';
import { bond } from './bond.ts';
import { buyShares } from './buy-shares.ts';
import { certifiedBatch } from './certified-batch.ts';
import { closeSession } from './close-session.ts';
import { createDomain } from './create-domain.ts';
import { decideCase } from './decide-case.ts';
import { delegate } from './delegate.ts';
import { evidence } from './evidence.ts';
import { feedback } from './feedback.ts';
import { nameEngine } from './name-engine.ts';
import { offerShares } from './offer-shares.ts';
import { openCase } from './open-case.ts';
import { openPlant } from './open-plant.ts';
import { openSession } from './open-session.ts';
import { presence } from './presence.ts';
import { propose } from './propose.ts';
import { registerMiner } from './register-miner.ts';
import { registerMixer } from './register-mixer.ts';
import { registerModel } from './register-model.ts';
import { registerRole } from './register-role.ts';
import { registerValidator } from './register-validator.ts';
import { rotateCommitteeKey } from './rotate-committee-key.ts';
import { rotateConsensusKey } from './rotate-consensus-key.ts';
import { rotateKey } from './rotate-key.ts';
import type { TransactionContext, TransactionRule } from './rule.ts';
import { setNetAddresses } from './set-net-addresses.ts';
import { setRoleStatus } from './set-role-status.ts';
import { readTransaction, type SignedTransaction } from './signing.ts';
import { topUpSession } from './top-up-session.ts';
import { transfer } from './transfer.ts';
import { transferModelShares } from './transfer-model-shares.ts';
import { unbond } from './unbond.ts';
import { undelegate } from './undelegate.ts';
import { updateDomain } from './update-domain.ts';
import { updateMiner } from './update-miner.ts';
import { updateModelPrice } from './update-model-price.ts';
import { vote } from './vote.ts';
import { withdrawBacking } from './withdraw-backing.ts';

const rules: { readonly [Kind in BodyKind]: TransactionRule<BodyValues[Kind]> } = {
  transfer,
  registerMiner,
  openSession,
  topUpSession,
  closeSession,
  certifiedBatch,
  auditCommit,
  auditReveal,
  bond,
  unbond,
  delegate,
  undelegate,
  propose,
  vote,
  registerModel,
  acceptModel,
  updateModelPrice,
  transferModelShares,
  backModel,
  withdrawBacking,
  assignWork,
  feedback,
  decideCase,
  appealCase,
  createDomain,
  updateDomain,
  admitMiner,
  evidence,
  openCase,
  registerMixer,
  registerRole,
  setRoleStatus,
  rotateKey,
  rotateCommitteeKey,
  updateMiner,
  presence,
  openPlant,
  registerValidator,
  rotateConsensusKey,
  setNetAddresses,
  nameEngine,
  offerShares,
  buyShares,
};

/** The kind chooses both the type that reads a body and its rule. */
function ruleOf(kind: BodyKind): TransactionRule<unknown> {
  return rules[kind] as TransactionRule<unknown>;
}

/** A transaction that was read, with what decides about it. */
interface Read {
  readonly kind: BodyKind;
  readonly content: UnsignedTransaction;
  readonly body: unknown;
  readonly rule: TransactionRule<unknown>;
  readonly context: TransactionContext;
  readonly isFree: boolean;
}
type Reading = { readonly code: ResultCode; readonly read: Read | null };

/** Where a transaction is to be applied. */
export interface TransactionSetting {
  readonly height: number;
  readonly transaction: number;
  readonly verifier: Verifier;
  /** What to take for its sender's next nonce; the state's when absent. */
  readonly nextNonce?: number | undefined;
}

/** §1.6 Whether a transaction is a duty sent without a fee by the one who owes it. */
export function isFreeDuty(state: LedgerState, { content }: Pick<SignedTransaction, 'content'>): boolean {
  const { kind, value } = content.body;
  return content.feeUnits === 0n && ruleOf(kind).isDuty?.(state, value, content.publicKey) === true;
}

/** The code a transaction would get in a block, by `setting`; changes nothing. */
export function checkTransaction(
  state: LedgerState,
  transaction: Uint8Array | SignedTransaction,
  setting: TransactionSetting,
): ResultCode {
  const { code, read } = examine(state, transaction, setting);
  if (code !== 'OK' || read === null) return code;
  return read.rule.validate(state, read.body, read.context);
}

/** Applies a transaction, or refuses it with a code; appends what happened to `events`. */
export function applyTransaction(
  state: LedgerState,
  transaction: Uint8Array | SignedTransaction,
  setting: TransactionSetting,
  events: LedgerEvent[],
): TransactionResult {
  const { code, read } = examine(state, transaction, setting);
  if (read === null) return { code, kind: null, sender: null, events: [] };
  const { kind, content, body, rule, context, isFree } = read;
  const { sender } = context;
  if (code !== 'OK') return { code, kind, sender, events: [] };
  const verdict = rule.validate(state, body, context);
  if (verdict !== 'OK' && isFree) return { code: verdict, kind, sender, events: [] }; // §1.6
  state.advanceNonce(sender);
  state.debit(sender, content.feeUnits);
  state.setGlobals({ treasuryUnits: state.globals.treasuryUnits + content.feeUnits });
  const caused = verdict === 'OK' ? rule.apply(state, body, context) : [];
  for (const event of caused) events.push(event);
  return { code: verdict, kind, sender, events: caused };
}

function examine(
  state: LedgerState,
  transaction: Uint8Array | SignedTransaction,
  setting: TransactionSetting,
): Reading {
  const signed = transaction instanceof Uint8Array ? readTransaction(state.chain, transaction) : transaction;
  if (typeof signed === 'string') return { code: signed, read: null };
  const { content, signature, sender, signingRoot } = signed;
  const { kind, value: body } = content.body;
  const rule = ruleOf(kind);
  const availableUnits = state.balanceOf(sender) - content.feeUnits;
  const { publicKey } = content;
  const context = { ...setting, sender, publicKey, availableUnits };
  const read: Read = { kind, content, body, rule, context, isFree: isFreeDuty(state, signed) };
  if (!setting.verifier.ed25519(publicKey, signingRoot, signature)) return { code: 'BAD_SIGNATURE', read };
  return { code: envelopeCode(state, read, setting.nextNonce ?? state.nonceOf(sender)), read };
}

/** §1.3, §1.4: what is asked of every transaction once its signature is good. */
function envelopeCode(state: LedgerState, { content, context, isFree }: Read, nextNonce: number): ResultCode {
  const { height, availableUnits } = context;
  if (content.validUntil < height) return 'EXPIRED';
  // §2.11 The last nonce is never used: there would be none after it.
  if (content.nonce !== nextNonce || content.nonce === limits.maxCount) return 'BAD_NONCE';
  if (!isFree && content.feeUnits < state.params.transactionFeeUnits) return 'FEE_TOO_LOW';
  return availableUnits < 0n ? 'CANNOT_PAY_FEE' : 'OK';
}
