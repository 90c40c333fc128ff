import { type AuditNumbers, EngineInfo, type MinerRow, noProfile } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';

type Engines = Readonly<Pick<MinerRow, 'engine' | 'evidenceLevel' | 'earlierEngine' | 'earlierEvidenceLevel'>>;

/** §3.8 Whether a miner has registered this engine; the one before counts for tasks drawn before the change. */
export function namesEngine({ engine, earlierEngine }: Engines, named: EngineInfo, isOlder: boolean): boolean {
  const root = EngineInfo.hashTreeRoot(named);
  return equalBytes(root, engine) || (isOlder && equalBytes(root, earlierEngine));
}

/** §3.9 Whether an artifact of a miner must hold token ids, whichever of its two engines made it. */
export function owesIds({ evidenceLevel, earlierEvidenceLevel }: Engines): boolean {
  return evidenceLevel > 0 && earlierEvidenceLevel > 0;
}

/** Whether an update changes what a miner's artifacts say of its engine. */
export function changesEngine(
  row: Pick<Engines, 'engine' | 'evidenceLevel'>,
  { engine, evidenceLevel }: Pick<Engines, 'engine' | 'evidenceLevel'>,
): boolean {
  return evidenceLevel !== row.evidenceLevel || !equalBytes(engine, row.engine);
}

/** Whether numbers are of one engine, or of a pair whose noise is known: then a failure is one (verification §3.4). */
export function isOfKnownPair({ profile, isPair }: Pick<AuditNumbers, 'profile' | 'isPair'>): boolean {
  return profile === noProfile || isPair;
}
