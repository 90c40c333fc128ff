import { type LedgerView, namesEngine, owesIds } from '@assay/ledger';
import {
  type Artifact,
  type ArtifactBundle,
  AuditNumbers,
  EngineInfo,
  type Finding,
  type Flaw,
  outputIds,
  type TaskRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { equalMarginMicro } from '../audit/choice.ts';
import { compareDistributions, reportedAt } from '../audit/distribution.ts';
import { flawOf } from '../audit/flaws.ts';
import { drawPositions } from '../audit/positions.ts';
import { endsByItself, structureFlaw } from '../audit/structure.ts';
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

const without = (finding: Finding): AuditNumbers => ({ ...AuditNumbers.defaultValue(), finding });
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
  // Thresholds and choices are those of one engine with one set of flags; between others they mean nothing.
  if (!EngineInfo.equals(artifact.engine, measuring.engine)) return without('otherEngine');
  // Where the model is said to have ended the answer, that is one more position to repeat the choice at.
  const asksEnd = endsByItself(artifact, reference);
  const count = state.params.audit.positions - Number(asksEnd);
  const reported = drawPositions(seed, { tokens: ids.length, count }).map((index) => reportedAt(artifact, index));
  const { promptIds, sampling, engine } = artifact;
  const asked = { promptIds, outputIds: ids, positions: reported, sampling, sampler: engine.sampler, asksEnd };
  const scored = await model.score(asked, new AbortController().signal);
  const isOtherEnd = scored.end !== null && scored.end.choiceMarginMicro > equalMarginMicro;
  if (isOtherEnd && !scored.end.isLikely) return malformed('earlyEnd'); // verification §2.5
  const compared = compareDistributions(reported, scored.positions, equalMarginMicro);
  return {
    ...without('checked'),
    ...compared,
    positions: reported.length + Number(asksEnd),
    choiceMismatches: compared.choiceMismatches + Number(isOtherEnd),
  };
}
