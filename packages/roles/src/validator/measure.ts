import {
  isOfKnownPair,
  type LedgerView,
  namesEngine,
  noEngine,
  opinionBasis,
  opinionOf,
  owesIds,
  profileFor,
} from '@assay/ledger';
import {
  type Artifact,
  type ArtifactBundle,
  type AuditNumbers,
  type AuditRow,
  EngineInfo,
  type ModelRow,
  noProfile,
  outputIds,
  type TaskRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { equalMarginMicro } from '../audit/choice.ts';
import { checkAnswer, type Limits, malformed, without } from '../audit/comparison.ts';
import type { InferenceModel } from '../ports/inference.ts';

/** How a validator runs registered models. */
export interface Measuring {
  readonly engine: EngineInfo;
  /** The registered model whose file has this SHA-256; null when this validator has not got it. */
  open(fileHash: Uint8Array): Promise<InferenceModel | null>;
  /** Fetches the file of a model that a panel is to vote on; `open` then has it, or the log says why not. */
  fetch?(model: Readonly<ModelRow>): Promise<void>;
}

export interface Measurement {
  readonly state: LedgerView;
  readonly task: TaskRow;
  /** The beacon value that drew it also draws the positions; the engine is that of all its auditors (§10.2.1). */
  readonly audit: Pick<AuditRow, 'seed' | 'engine'>;
  readonly bundle: ArtifactBundle | null;
  readonly measuring: Measuring | null;
}

/** Whether the tokens an artifact bills are there as ids. */
function holdsIds(artifact: Artifact): boolean {
  return artifact.tokensIn === artifact.promptIds.length && artifact.tokensOut === outputIds(artifact).length;
}

/**
 * The numbers of one audit: structure first, then one teacher-forced prefill against the registered model (F10), which
 * also repeats the choices. What this validator cannot run is no result, never a pass (verification §2.4).
 */
export async function measure({ state, task, audit, bundle, measuring }: Measurement): Promise<AuditNumbers> {
  if (bundle === null) return without('noArtifact');
  const { artifact } = bundle.reveal;
  const registered = state.models.at(task.model);
  if (!equalBytes(artifact.fileHash, registered.fileHash)) return malformed('file');
  if (artifact.miner !== task.miner) return malformed('miner');
  const miner = state.miners.at(task.miner);
  const isOlder = task.drawHeight < miner.engineEpoch * state.params.epochBlocks;
  if (!namesEngine(miner, artifact.engine, isOlder)) {
    // §3.8 What was registered when an older task was drawn is not known any more.
    return isOlder ? without('otherEngine') : malformed('engine'); // verification §2.7
  }
  const ids = outputIds(artifact);
  if (owesIds(miner) && !holdsIds(artifact)) return malformed('evidence'); // verification §2.7
  // §10.2.1 What this machine finds by other limits than it named nobody could compare.
  const isBound = !equalBytes(audit.engine, noEngine);
  if (measuring === null || (isBound && !isEngine(audit.engine, measuring.engine))) return without('noResult');
  // A text has nothing to be checked by, whoever looks.
  if (ids.length === 0 && artifact.promptIds.length === 0) return without('otherEngine');
  const model = await measuring.open(registered.fileHash);
  if (model === null) return without('noResult');
  const limits = limitsFor(state, task, { minerEngine: artifact.engine, auditorEngine: measuring.engine });
  if (isBound && (limits === null || !isOfKnownPair(limits))) return without('noResult');
  const { contextTokens } = registered;
  const { positions } = state.params.audit;
  const numbers = await checkAnswer(artifact, {
    payload: bundle.payload,
    model,
    contextTokens,
    limits,
    seed: audit.seed,
    positions,
  });
  const isEarlier = !isEngine(miner.engine, artifact.engine);
  if (limits === null || isOfKnownPair(limits)) return { ...numbers, isEarlier };
  // verification §3.4 The noise of this pair may be more than that of the widest that is known.
  const isPass = opinionOf(numbers, opinionBasis(state, null, task, numbers)) === 'pass';
  const isSure = isPass || (numbers.finding === 'malformed' && numbers.flaw !== 'earlyEnd');
  return isSure ? { ...numbers, isEarlier } : without('otherEngine');
}

const isEngine = (root: Uint8Array, engine: EngineInfo) => equalBytes(root, EngineInfo.hashTreeRoot(engine));

/** Those of one engine, or of the profile of two (verification §2.4, §3.4); null where there is none. */
function limitsFor(
  state: LedgerView,
  { model }: Pick<TaskRow, 'model'>,
  { minerEngine, auditorEngine }: { readonly minerEngine: EngineInfo; readonly auditorEngine: EngineInfo },
): Limits | null {
  if (EngineInfo.equals(minerEngine, auditorEngine)) {
    return { marginMicro: equalMarginMicro, profile: noProfile, isPair: false };
  }
  const [miner, auditor] = [EngineInfo.hashTreeRoot(minerEngine), EngineInfo.hashTreeRoot(auditorEngine)];
  const found = profileFor(state, { model, minerEngine: miner, auditorEngine: auditor });
  if (found === null) return null;
  return { marginMicro: found.profile.marginMicro, profile: found.index, isPair: found.isOwn };
}
