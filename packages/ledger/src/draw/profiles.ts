import type { NoiseProfile, Ref, ResultCode } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { LedgerView } from '../state/state.ts';

/** Requests that a profile is made of at least: of fewer the 99.9 % quantile says nothing. */
export const LEAST_PROFILE_REQUESTS = 300;
/** A margin from which on nothing is told apart, millionths of a nat. */
const MOST_MARGIN_MICRO = 2_000_000;
/** The limit is below this part of what four bits give, so that it separates them. */
const SEPARATING_PART = 2;
/** No distance is more: what counts for one position at most (verification §2.3). */
const MOST_T1_PPB = 150_000_000;
/** Of what four bits write so much is no choice within the margin, so that pools find it (verification §4.7). */
const SEPARATING_MISMATCHES_PPB = 50_000_000;

/** A profile that an auditor may read numbers by. */
export interface UsableProfile {
  readonly index: Ref<'profiles'>;
  readonly profile: Readonly<NoiseProfile>;
  /** Whether it was made of this very pair; else only a pass says anything (verification §3.4). */
  readonly isOwn: boolean;
}

/** The profile of a pair, or the widest of the model where it has none (verification §3.4); null without any. */
export function profileFor(
  { profiles }: Pick<LedgerView, 'profiles'>,
  { model, minerEngine, auditorEngine }: Pick<NoiseProfile, 'model' | 'minerEngine' | 'auditorEngine'>,
): UsableProfile | null {
  const inForce = profilesInForce({ profiles }, model);
  const own = profiles.find(model, minerEngine, auditorEngine);
  const found = inForce.find(({ index }) => index === own);
  if (found !== undefined) return { ...found, isOwn: true };
  const [widest] = inForce.toSorted((a, b) => b.profile.t1LimitPpb - a.profile.t1LimitPpb);
  return widest === undefined ? null : { ...widest, isOwn: false };
}

/** Of each pair of engines the newest profile of a model, where it is not withdrawn (verification §3.3). */
export function profilesInForce(
  { profiles }: Pick<LedgerView, 'profiles'>,
  model: Ref<'models'>,
): Pick<UsableProfile, 'index' | 'profile'>[] {
  return Array.from(profiles, (profile, index) => ({ profile, index })).filter(
    ({ profile, index }) => profile.model === model && isInForce(profile) && isNewest(profiles, profile, index),
  );
}

/**
 * Whether numbers may be read by a profile. One that was withdrawn since its auditor committed is as good as before:
 * the auditor cannot take its commitment back.
 */
export function isProfileOf(
  { profiles }: Pick<LedgerView, 'profiles'>,
  index: Ref<'profiles'>,
  model: Ref<'models'>,
): boolean {
  const profile = profiles.get(index);
  return profile !== undefined && profile.model === model && isInForce(profile);
}

/** The code of a profile that is to be put in force, or withdrawn (verification §3.3). */
export function profileCode(
  { models, params }: Pick<LedgerView, 'models' | 'params'>,
  profile: NoiseProfile,
): ResultCode {
  if (models.get(profile.model) === undefined) return 'UNKNOWN_MODEL';
  return profileFlaw(profile, params.models.maxT1ThresholdPpb) === null ? 'OK' : 'BAD_PROFILE';
}

/** Why a profile is not put in force (verification §3.3). */
export type ProfileFlaw = 'requests' | 'limit' | 'margin' | 'separation' | 'mismatches' | 'engines';

/** Why a profile says too little, or lets four bits pass; null where it does not. A withdrawal says nothing. */
export function profileFlaw(profile: Omit<NoiseProfile, 'model'>, maxT1ThresholdPpb: number): ProfileFlaw | null {
  const { requests, t1LimitPpb, marginMicro, substituteT1Ppb, substituteMismatchesPpb, minerEngine, auditorEngine } =
    profile;
  if (!isInForce(profile)) return null;
  if (requests < LEAST_PROFILE_REQUESTS) return 'requests';
  if (equalBytes(minerEngine, auditorEngine)) return 'engines';
  if (SEPARATING_PART * t1LimitPpb >= Math.min(substituteT1Ppb, MOST_T1_PPB)) return 'separation';
  if (marginMicro >= MOST_MARGIN_MICRO) return 'margin';
  if (substituteMismatchesPpb < SEPARATING_MISMATCHES_PPB) return 'mismatches';
  return t1LimitPpb > maxT1ThresholdPpb ? 'limit' : null;
}

const isInForce = ({ t1LimitPpb }: Pick<NoiseProfile, 't1LimitPpb'>) => t1LimitPpb > 0;

function isNewest(
  profiles: LedgerView['profiles'],
  { model, minerEngine, auditorEngine }: NoiseProfile,
  index: number,
): boolean {
  return profiles.find(model, minerEngine, auditorEngine) === index;
}
