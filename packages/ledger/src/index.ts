/** The verbs of Assay: every rule that decides about money, as pure functions from state and block to state. */

export { apportion } from './arithmetic/apportion.ts';
export { type AuditDuty, auditDuties, isAudited, isUnchecked, mayReveal, waitingDraws } from './audit/audits.ts';
export {
  challengeSigningRoot,
  challengesOwed,
  type MeasuringDuty,
  measuringOf,
  reportsCode,
} from './audit/challenges.ts';
export { SECOND_AUDITOR_PPB } from './audit/open-audit.ts';
export { mayPlant, plantStage } from './audit/plants.ts';
export { batchSigningRoot, certificateCode, isQuorum, revealSigningRoot } from './batch/certificate.ts';
export { priceOf, pricesAt, receiptsCode } from './batch/receipts.ts';
export { isTicket } from './batch/tickets.ts';
export { lateEvent, transitionsCode } from './batch/transitions.ts';
export { workUnitsOf } from './batch/work.ts';
export { ConservationError, conservation } from './block/conservation.ts';
export { type BlockInput, Ledger } from './block/ledger.ts';
export {
  applyStored,
  type BlockCheck,
  chainFrom,
  damaged,
  decodeBlock,
  type ReplayedChain,
  requireFits,
  trusting,
  unknownRule,
} from './block/replay.ts';
export { blockSigningRoot, headerRoot, type SealQuorum, sealProblem } from './block/seal.ts';
export { restsOnFalseSignature } from './block/signatures.ts';
export { isUndecided, offenceFine, proposedFine, type Silence, silenceOf } from './cases/cases.ts';
export { consensusKeyAt, isCharged, isProven, turnOf } from './cases/offences.ts';
export { panelDuties } from './draw/acceptance.ts';
export { committeeEpochs, committeeOf } from './draw/committee.ts';
export {
  DrawEntry,
  type DrawRank,
  type DrawRequest,
  DrawTable,
  drawMiners,
  drawSteering,
  drawTable,
  eligibleMiners,
  userLevelOf,
} from './draw/draw.ts';
export { isOfKnownPair, namesEngine, owesIds } from './draw/engines.ts';
export { mismatchesOf, type Pooled, pooledAfter, pooledMismatches } from './draw/pool.ts';
export { type PresentKind, wasSeen } from './draw/presence.ts';
export { LEAST_PROFILE_REQUESTS, type ProfileFlaw, profileFlaw, profileFor, profilesInForce } from './draw/profiles.ts';
export { type Steering, steeredWeight, type TaskBounds, type TaskClass, taskClassOf } from './draw/steering.ts';
export {
  type Check,
  checksOf,
  decide,
  type Opinion,
  type OpinionBasis,
  opinionOf,
} from './draw/verdict.ts';
export { falseVoices, opinionBasis, voicesOf } from './draw/voices.ts';
export { mintable } from './epoch/burns.ts';
export { type Stacks, stacksOf } from './epoch/emission.ts';
export { backersBpsOf, holderParts } from './epoch/holders.ts';
export { revenueParts } from './epoch/revenue.ts';
export * from './epoch/scores.ts';
export { snapshotAfter } from './governance/actions.ts';
export { checkPossessions, genesisHash, problemOfParams } from './governance/genesis.ts';
export { type ConsensusValidator, consensusChanges, consensusSet } from './stake/consensus-set.ts';
export { splitsOf, termsAt } from './stake/domains.ts';
export { roomOf } from './stake/fines.ts';
export { proposerOf } from './stake/proposer.ts';
export { stakeOf } from './stake/stakes.ts';
export { updateTrust } from './standing/decay.ts';
export { epochValues, measuredValues } from './standing/measured.ts';
export { EJECTION_MILLI, MAX_RESULTS_OWED, noEvidence, standingAfter } from './standing/standing.ts';
export { auditRatePpb, keptPpb, trustPpbOf } from './standing/trust.ts';
export type { ClosedBooks } from './state/books.ts';
export * from './state/result.ts';
export { isGone, noEngine } from './state/roles.ts';
export { EPOCH_GRACE_BLOCKS, type Rule, rules, UnknownRuleError } from './state/rules.ts';
export type { LedgerView } from './state/state.ts';
export type { ReadonlyTable } from './state/table.ts';
export * from './state/verifier.ts';
export { readTransaction, type SignedTransaction, transactionSigningRoot } from './transactions/signing.ts';
