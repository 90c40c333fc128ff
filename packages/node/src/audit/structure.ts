import {
  type Artifact,
  artifactVersion,
  finishReasons,
  type InferencePayload,
  limits,
  outputIds,
  Sampling,
} from '@assay/protocol';
import { probabilityPpb, reportedAt } from './distribution.ts';

/** What the structure of an artifact is checked against; all of it can be known without running the model. */
export interface StructureReference {
  readonly payload: InferencePayload;
  /** Every token id is below this. */
  readonly vocabularySize: number;
  readonly contextTokens: number;
  /** Prompt ids as the registered model's template gives them. */
  readonly promptIds: readonly number[];
  /** Text of the output ids by the registered model's tokenizer, and of all of them but the last. */
  readonly outputText: string;
  readonly textBeforeLast: string;
}

/** Rounding the alternatives of one position may add up to, parts per billion. */
const massTolerancePpb = 1_000_000;
const fullMassPpb = 1_000_000_000;

/** What is wrong with an artifact as it stands, without the model; null when nothing is (verification §2). */
export function structureFlaw(artifact: Artifact, reference: StructureReference): string | null {
  return identityFlaw(artifact, reference) ?? windowsFlaw(artifact, reference) ?? textFlaw(artifact, reference);
}

function identityFlaw(artifact: Artifact, { payload, promptIds, contextTokens }: StructureReference): string | null {
  if (artifact.version !== artifactVersion) return 'unknown version';
  if (!Object.values<number>(finishReasons).includes(artifact.finish)) return 'unknown finish';
  if (!Sampling.equals(artifact.sampling, payload.sampling)) return 'other sampling than was asked for';
  const samePrompt =
    artifact.promptIds.length === promptIds.length && promptIds.every((id, i) => artifact.promptIds[i] === id);
  if (!samePrompt) return 'another prompt than was asked';
  const { tokensIn, tokensOut } = artifact;
  if (tokensIn !== promptIds.length || tokensOut !== outputIds(artifact).length) return 'wrong token counts';
  return tokensIn + tokensOut > contextTokens ? 'longer than the context' : null;
}

function windowsFlaw(artifact: Artifact, { vocabularySize, payload }: StructureReference): string | null {
  const ids = outputIds(artifact);
  if (ids.length > payload.maxTokens) return 'more tokens than were asked for';
  if (ids.some((id) => id >= vocabularySize)) return 'a token outside the vocabulary';
  for (const [place, window] of artifact.windows.entries()) {
    const { length } = window.ids;
    const isLast = place === artifact.windows.length - 1;
    if (length === 0 || (!isLast && length !== limits.windowTokens)) return 'a window of the wrong size';
    if (window.chosenNegLogprobs.length !== length || window.top.length !== length) return 'probabilities are missing';
  }
  for (let index = 0; index < ids.length; index++) {
    const flaw = positionFlaw(artifact, index, vocabularySize);
    if (flaw !== null) return `${flaw} at output position ${index}`;
  }
  return null;
}

function positionFlaw(artifact: Artifact, index: number, vocabularySize: number): string | null {
  const reported = reportedAt(artifact, index);
  const { ids, probabilitiesPpb } = reported;
  if (ids.length === 0) return 'no alternatives';
  if (new Set(ids).size !== ids.length || ids.some((id) => id >= vocabularySize)) return 'impossible alternatives';
  if (probabilitiesPpb.some((mass, i) => i > 0 && mass > (probabilitiesPpb[i - 1] ?? 0)))
    return 'unsorted alternatives';
  const mass = probabilitiesPpb.reduce((sum, part) => sum + part, 0);
  if (mass > fullMassPpb + massTolerancePpb) return 'more probability than there is';
  const window = artifact.windows[Math.floor(index / limits.windowTokens)];
  const offset = index % limits.windowTokens;
  const chosenPpb = probabilityPpb(window?.chosenNegLogprobs[offset] ?? 0);
  const place = ids.indexOf(window?.ids[offset] ?? -1);
  const listed = place === -1 ? null : (probabilitiesPpb[place] ?? 0);
  if (listed !== null && listed !== chosenPpb) return 'two probabilities for the chosen token';
  const least = probabilitiesPpb.at(-1) ?? 0;
  return listed === null && chosenPpb > least ? 'a chosen token that should be among the alternatives' : null;
}

function textFlaw(artifact: Artifact, reference: StructureReference): string | null {
  const { outputText, textBeforeLast, payload } = reference;
  const text = new TextDecoder().decode(artifact.text);
  if (!outputText.startsWith(text)) return 'another text than its tokens give';
  const stops = stopsOf(payload);
  if (stops.some((stop) => text.includes(stop))) return 'text beyond a stop sequence';
  if (stops.some((stop) => textBeforeLast.includes(stop))) return 'tokens beyond a stop sequence';
  const isCut = text.length < outputText.length;
  if (artifact.finish === finishReasons.length && artifact.tokensOut !== payload.maxTokens)
    return 'ended before its length';
  const cutByStop = isCutByStop(stops, outputText, text);
  const mayBeCut = artifact.finish === finishReasons.cancelled || cutByStop || isUnfinishedCharacter(outputText, text);
  return isCut && !mayBeCut ? 'text cut short' : null;
}

/** Whether the model itself is said to have ended the answer: not a stop sequence, its length, or the client. */
export function endsByItself(
  { finish, text }: Pick<Artifact, 'finish' | 'text'>,
  { payload, outputText }: Pick<StructureReference, 'payload' | 'outputText'>,
): boolean {
  if (finish !== finishReasons.stop) return false;
  return !isCutByStop(stopsOf(payload), outputText, new TextDecoder().decode(text));
}

function stopsOf({ stop }: InferencePayload): string[] {
  return stop.map((bytes) => new TextDecoder().decode(bytes));
}

function isCutByStop(stops: readonly string[], outputText: string, text: string): boolean {
  return stops.some((stop) => outputText.slice(text.length).startsWith(stop));
}

/** Text ends before a character whose bytes were never completed. */
function isUnfinishedCharacter(outputText: string, text: string): boolean {
  return /^\uFFFD+$/u.test(outputText.slice(text.length));
}
