import { Bytes32, StructType, U32, type ValueOf } from '@assay/ssz';
import { type Ref, ref } from '../refs.ts';

/** How far honest answers of one engine are from what another says of them, for a model (verification §3.3). */
export const NoiseProfile = new StructType(
  {
    model: ref('models'),
    /** Roots of the engines of the miner and of the auditor. */
    minerEngine: Bytes32,
    auditorEngine: Bytes32,
    /** Honest requests it was made of. */
    requests: U32,
    /** Honest limit of T1, parts per billion; zero where the profile is withdrawn. */
    t1LimitPpb: U32,
    /** By how much differences of logits may be off, millionths of a nat. */
    marginMicro: U32,
    /** Median T1 of answers of the same weights in four bits, by the auditor's engine, parts per billion. */
    substituteT1Ppb: U32,
    /** Part of the positions of those answers whose token is no choice within the margin, parts per billion. */
    substituteMismatchesPpb: U32,
  },
  { typeName: 'NoiseProfile' },
);
export type NoiseProfile = ValueOf<typeof NoiseProfile>;

/** No profile: the engines are equal. */
export const noProfile: Ref<'profiles'> = 0xffff_ffff;
