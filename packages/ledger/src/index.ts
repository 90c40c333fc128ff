/** The verbs of Assay: every rule that decides about money, as pure functions from state and block to state. */
export { panelDuties } from './acceptance.ts';
export { snapshotAfter } from './actions.ts';
export { apportion } from './apportion.ts';
export {
  type AuditDuty,
  auditDuties,
  isAudited,
  mayReveal,
  waitingDraws,
} from './audits.ts';
export { offenceFine, proposedFine } from './cases.ts';
export { batchSigningRoot, certificateCode, isQuorum, revealSigningRoot } from './certificate.ts';
export { challengeSigningRoot, type MeasuringDuty, measuringOf, reportsCode } from './challenges.ts';
export { committeeEpochs, committeeOf } from './committee.ts';
export { ConservationError, conservation } from './conservation.ts';
export { splitsOf, termsAt } from './domains.ts';
export {
  DrawEntry,
  type DrawRank,
  type DrawRequest,
  DrawTable,
  drawMiners,
  drawTable,
  eligibleMiners,
  pairDrawer,
} from './draw.ts';
export { namesEngine, owesIds } from './engines.ts';
export type { ClosedBooks } from './epoch/books.ts';
export { type Stacks, stacksOf } from './epoch/emission.ts';
export { backersBpsOf, holderParts } from './epoch/holders.ts';
export { roomOf } from './fines.ts';
export { checkPossessions, genesisHash, problemOfParams } from './genesis.ts';
export { type BlockInput, Ledger } from './ledger.ts';
export { measuredValues } from './measured.ts';
export { SECOND_AUDITOR_PPB } from './open-audit.ts';
export { mayPlant, plantStage } from './plants.ts';
export { type PresentKind, wasSeen } from './presence.ts';
export { priceOf, pricesAt, receiptsCode } from './receipts.ts';
export * from './result.ts';
export { isGone } from './roles.ts';
export { EPOCH_GRACE_BLOCKS, type Rule, rules, UnknownRuleError } from './rules.ts';
export * from './scores.ts';
export { readTransaction, type SignedTransaction, transactionSigningRoot } from './signing.ts';
export { MAX_RESULTS_OWED } from './standing.ts';
export type { LedgerView } from './state.ts';
export type { ReadonlyTable } from './table.ts';
export { isTicket } from './tickets.ts';
export { lateEvent, transitionsCode } from './transitions.ts';
export { auditRatePpb, keptPpb, trustPpbOf } from './trust.ts';
export {
  decide,
  mismatchesOf,
  type Opinion,
  type OpinionBasis,
  opinionOf,
  POOL_LIMIT_MILLI,
  pooledMismatches,
} from './verdict.ts';
export * from './verifier.ts';
export { falseVoices, opinionBasis, voicesOf } from './voices.ts';
export { workUnitsOf } from './work.ts';
