import { type LedgerView, namesEngine, opinionBasis, opinionOf, owesIds, profileFor } from '@assay/ledger';
import {
  type Artifact,
  type ArtifactBundle,
  type AuditNumbers,
  EngineInfo,
  type Finding,
  type Flaw,
  noNumbers,
  noProfile,
  outputIds,
  type Ref,
  type TaskRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { equalMarginMicro } from '../audit/choice.ts';
import { compareDistributions, reportedAt } from '../audit/distribution.ts';
import { flawOf } from '../audit/flaws.ts';
import { drawPositions } from '../audit/positions.ts';
import { endsByItself, type StructureReference, structureFlaw } from '../audit/structure.ts';
import { sumOfSurprise } from '../audit/surprise.ts';
import type { InferenceModel } from '../ports/inference.ts';
import { structureReference } from '../structure-reference.ts';

/** How a validator runs registered models. */
export interface Measuring {
  readonly engine: EngineInfo;
  /** The registered model whose file has this SHA-256; null when this validator has not got it. */
  open(fileHash: Uint8Array): Promise<InferenceModel | null>;
}

export interface Measurement {
  readonly state: LedgerView;
  readonly task: TaskRow;
  /** Beacon value that drew the audit: it also draws the positions. */
  readonly seed: Uint8Array;
  readonly bundle: ArtifactBundle | null;
  readonly measuring: Measuring | null;
}

const without = (finding: Finding): AuditNumbers => ({ ...noNumbers, finding });
const malformed = (flaw: Flaw): AuditNumbers => ({ ...without('malformed'), flaw });

/** Whether the tokens an artifact bills are there as ids. */
function holdsIds(artifact: Artifact): boolean {
  return artifact.tokensIn === artifact.promptIds.length && artifact.tokensOut === outputIds(artifact).length;
}

/**
 * The numbers of one audit: structure first, then one teacher-forced prefill against the registered model (F10), which
 * also repeats the choices. What this validator cannot run is no result, never a pass (verification §2.4).
 */
export async function measure({ state, task, seed, bundle, measuring }: Measurement): Promise<AuditNumbers> {
  if (bundle === null) return without('noArtifact');
  const { artifact } = bundle.reveal;
  const registered = state.models.at(task.model);
  if (!equalBytes(artifact.fileHash, registered.fileHash)) return malformed('file');
  if (artifact.miner !== task.miner) return malformed('miner');
  const miner = state.miners.at(task.miner);
  if (!namesEngine(miner, artifact.engine)) {
    // §3.8 What was registered when an older task was drawn is not known any more.
    const isOlder = task.drawHeight < miner.engineEpoch * state.params.epochBlocks;
    return isOlder ? without('otherEngine') : malformed('engine'); // verification §2.7
  }
  const ids = outputIds(artifact);
  if (owesIds(miner) && !holdsIds(artifact)) return malformed('evidence'); // verification §2.7
  if (measuring === null) return without('noResult');
  // A text has nothing to be checked by, whoever looks.
  if (ids.length === 0 && artifact.promptIds.length === 0) return without('otherEngine');
  const model = await measuring.open(registered.fileHash);
  if (model === null) return without('noResult');
  const { payload } = bundle;
  const { contextTokens } = registered;
  const reference = await structureReference(model, { payload, outputIds: ids, contextTokens });
  const flaw = structureFlaw(artifact, reference);
  if (flaw !== null) return malformed(flawOf(flaw));
  const limits = limitsFor(state, task, { minerEngine: artifact.engine, auditorEngine: measuring.engine });
  if (limits === null) return without('otherEngine');
  const numbers = await compare({ artifact, reference, model, seed, limits, positions: state.params.audit.positions });
  const isPass = opinionOf(numbers, opinionBasis(state, null, task, numbers)) === 'pass';
  // verification §3.4 The noise of this pair may be more than that of the widest that is known.
  return limits.isKnown || isPass ? numbers : without('otherEngine');
}

/** What the answers of a miner's engine may differ by from what an auditor's says. */
interface Limits {
  readonly marginMicro: number;
  /** Profile that says so; `noProfile` where both engines are one. */
  readonly profile: Ref<'profiles'>;
  /** Whether it was made of these engines. */
  readonly isKnown: boolean;
}

/** Those of one engine, or of the profile of two (verification §2.4, §3.4); null where there is none. */
function limitsFor(
  state: LedgerView,
  { model }: Pick<TaskRow, 'model'>,
  { minerEngine, auditorEngine }: { readonly minerEngine: EngineInfo; readonly auditorEngine: EngineInfo },
): Limits | null {
  if (EngineInfo.equals(minerEngine, auditorEngine)) {
    return { marginMicro: equalMarginMicro, profile: noProfile, isKnown: true };
  }
  const [miner, auditor] = [EngineInfo.hashTreeRoot(minerEngine), EngineInfo.hashTreeRoot(auditorEngine)];
  const found = profileFor(state, { model, minerEngine: miner, auditorEngine: auditor });
  if (found === null) return null;
  return { marginMicro: found.profile.marginMicro, profile: found.index, isKnown: found.isOwn };
}

interface Comparison {
  readonly artifact: Artifact;
  readonly reference: StructureReference;
  readonly model: InferenceModel;
  readonly seed: Uint8Array;
  readonly limits: Limits;
  /** Positions that the network asks for at most. */
  readonly positions: number;
}

/** One teacher-forced prefill of prompt and output, and what is asked of it at the drawn positions. */
async function compare({ artifact, reference, model, seed, limits, positions }: Comparison): Promise<AuditNumbers> {
  const { marginMicro, profile } = limits;
  const ids = outputIds(artifact);
  // Where the model is said to have ended the answer, that is one more position to repeat the choice at.
  const asksEnd = endsByItself(artifact, reference);
  const count = positions - Number(asksEnd);
  const reported = drawPositions(seed, { tokens: ids.length, count }).map((index) => reportedAt(artifact, index));
  const { promptIds, sampling, engine } = artifact;
  const asked = { promptIds, outputIds: ids, positions: reported, sampling, sampler: engine.sampler, asksEnd };
  const scored = await model.score(asked, new AbortController().signal);
  const isOtherEnd = scored.end !== null && scored.end.choiceMarginMicro > marginMicro;
  if (isOtherEnd && !scored.end.isLikely) return { ...malformed('earlyEnd'), profile }; // verification §2.5
  const compared = compareDistributions(reported, scored.positions, marginMicro);
  // verification §3.2 A seeded choice is repeated, which says more.
  const surprising =
    engine.sampler === 'seeded' ? [] : [...scored.positions, ...(scored.end === null ? [] : [scored.end])];
  return {
    ...without('checked'),
    ...compared,
    positions: reported.length + Number(asksEnd),
    choiceMismatches: compared.choiceMismatches + Number(isOtherEnd),
    surprise: sumOfSurprise(surprising),
    profile,
  };
}
