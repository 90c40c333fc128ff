import { type Genesis, type HoldingRow, limits, type ModelRow, type Ref, type ResultCode } from '@assay/protocol';
import type { LedgerView } from '../state/state.ts';
import { fitsRoyalty, isName } from './domains.ts';

/** What a creator says of a model. */
export type ModelTerms = Genesis['models'][number];

/** The row of a model nobody has used yet. */
export function modelRow(
  terms: ModelTerms,
  status: ModelRow['status'],
  proposed = { proposedHeight: 0, proposedReveals: 0 },
): ModelRow {
  return {
    ...terms,
    ...proposed,
    status,
    panel: [],
    voteDeadline: 0,
    priceFrom: 0,
    earlierPriceInUnits: terms.priceInUnits,
    earlierPriceOutUnits: terms.priceOutUnits,
    epochVwu: 0n,
    epochPassed: 0,
    epochFailed: 0,
  };
}

/** All shares of a model in one hand: where each begins (§4.7). */
export function wholeOf(model: Ref<'models'>, holder: Uint8Array): HoldingRow {
  return { model, holder, shares: limits.modelShares, backingUnits: 0n, offeredShares: 0, priceUnits: 0n };
}

/** The code of a new model's terms; its domain exists (§4.4). */
export function modelTermsCode(state: LedgerView, terms: ModelTerms): ResultCode {
  if (!isName(terms.name)) return 'BAD_NAME';
  const same = state.modelOf(terms.name);
  if (same !== undefined && state.models.at(same).status !== 'refused') return 'NAME_TAKEN';
  const twin = state.models.holderOf('fileHash', terms.fileHash);
  if (twin !== undefined && state.models.at(twin).status !== 'refused') return 'FILE_TAKEN';
  const { minDifficultyPpm, maxDifficultyPpm, maxT1ThresholdPpb } = state.params.models;
  const { contextTokens, difficultyPpm, t1ThresholdPpb, royaltyBps } = terms;
  const isDifficulty = difficultyPpm >= minDifficultyPpm && difficultyPpm <= maxDifficultyPpm;
  if (contextTokens === 0 || !isDifficulty || t1ThresholdPpb > maxT1ThresholdPpb) return 'BAD_MODEL';
  return fitsRoyalty(state, terms.domain, royaltyBps) ? 'OK' : 'SPLITS_TOO_HIGH';
}
