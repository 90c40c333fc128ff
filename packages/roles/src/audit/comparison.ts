import {
  type Artifact,
  type AuditNumbers,
  type Finding,
  type Flaw,
  type InferencePayload,
  noNumbers,
  outputIds,
  type Ref,
} from '@assay/protocol';
import type { InferenceModel } from '../ports/inference.ts';
import { compareDistributions, reportedAt } from './distribution.ts';
import { flawOf } from './flaws.ts';
import { drawPositions } from './positions.ts';
import { endsByItself, type StructureReference, structureFlaw } from './structure.ts';
import { structureReference } from './structure-reference.ts';
import { sumOfSurprise } from './surprise.ts';

/** What the answers of a miner's engine may differ by from what an auditor's says. */
export interface Limits {
  /** By how much differences of logits may be off, millionths of a nat. */
  readonly marginMicro: number;
  /** Profile that says so; `noProfile` where both engines are one. */
  readonly profile: Ref<'profiles'>;
  /** Whether that profile was made of these very engines. */
  readonly isPair: boolean;
}

export interface Checking {
  /** What was asked for. */
  readonly payload: InferencePayload;
  /** The registered model, as the auditor runs it. */
  readonly model: InferenceModel;
  /** The registered context. */
  readonly contextTokens: number;
  /** Null where the engines cannot be compared. */
  readonly limits: Limits | null;
  /** Draws the positions, of which there are at most so many. */
  readonly seed: Uint8Array;
  readonly positions: number;
}

export const without = (finding: Finding): AuditNumbers => ({ ...noNumbers, finding });
export const malformed = (flaw: Flaw): AuditNumbers => ({ ...without('malformed'), flaw });

/**
 * The numbers of one answer: structure first, then one teacher-forced prefill by the registered model (F10), which also
 * repeats the choices (verification §2).
 */
export async function checkAnswer(artifact: Artifact, checking: Checking): Promise<AuditNumbers> {
  const { payload, model, contextTokens, limits } = checking;
  const reference = await structureReference(model, { payload, outputIds: outputIds(artifact), contextTokens });
  const flaw = structureFlaw(artifact, reference);
  if (flaw !== null) return malformed(flawOf(flaw));
  return limits === null ? without('otherEngine') : compare(artifact, reference, { ...checking, limits });
}

async function compare(
  artifact: Artifact,
  reference: StructureReference,
  { model, limits, seed, positions }: Checking & { readonly limits: Limits },
): Promise<AuditNumbers> {
  const { marginMicro, profile, isPair } = limits;
  const ids = outputIds(artifact);
  // Where the model is said to have ended the answer, that is one more position to repeat the choice at.
  const asksEnd = endsByItself(artifact, reference);
  const count = positions - Number(asksEnd);
  const reported = drawPositions(seed, { tokens: ids.length, count }).map((index) => reportedAt(artifact, index));
  const { promptIds, sampling, engine } = artifact;
  const asked = { promptIds, outputIds: ids, positions: reported, sampling, sampler: engine.sampler, asksEnd };
  const scored = await model.score(asked, new AbortController().signal);
  const isOtherEnd = scored.end !== null && scored.end.choiceMarginMicro > marginMicro;
  if (isOtherEnd && !scored.end.isLikely) return { ...malformed('earlyEnd'), profile, isPair }; // verification §2.5
  const compared = compareDistributions(reported, scored.positions, marginMicro);
  // verification §3.2 What ended an answer is looked at because it did.
  const isDrawn = (i: number) => artifact.finish === 'length' || reported[i]?.index !== ids.length - 1;
  return {
    ...without('checked'),
    ...compared,
    positions: reported.length + Number(asksEnd),
    choiceMismatches: compared.choiceMismatches + Number(isOtherEnd),
    surprise: sumOfSurprise(scored.positions.filter((_, i) => isDrawn(i))),
    profile,
    isPair,
    isByChance: engine.sampler !== 'seeded',
  };
}
