import { type Artifact, artifactVersion, type InferencePayload, limits, outputIds, Sampling } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { GrowingBytes } from '../growing-bytes.ts';
import { OutputText } from '../inference/output-text.ts';
import { probabilityPpb, reportedAt } from './distribution.ts';

/** What the structure of an artifact is checked against; all of it can be known without running the model. */
export interface StructureReference {
  readonly payload: InferencePayload;
  /** Every token id is below this. */
  readonly vocabularySize: number;
  readonly contextTokens: number;
  /** Prompt ids as the registered model's template gives them; null when it refuses the request. */
  readonly promptIds: readonly number[] | null;
  /** Text of the output by the registered model's tokenizer: what each id adds, and at last the rest. */
  readonly pieces: readonly Uint8Array[];
}

/** Rounding the alternatives of one position may add up to, parts per billion. */
const massTolerancePpb = 1_000_000;
const fullMassPpb = 1_000_000_000;
const nothing = new Uint8Array(0);

/** What is wrong with an artifact as it stands, without the model; null when nothing is (verification §2). */
export function structureFlaw(artifact: Artifact, reference: StructureReference): string | null {
  return identityFlaw(artifact, reference) ?? windowsFlaw(artifact, reference) ?? textFlaw(artifact, reference);
}

function identityFlaw(artifact: Artifact, { payload, promptIds, contextTokens }: StructureReference): string | null {
  if (artifact.version !== artifactVersion) return 'unknown version';
  if (!Sampling.equals(artifact.sampling, payload.sampling)) return 'other sampling than was asked for';
  if (promptIds === null) return 'an answer to what the model refuses';
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
  for (const [index, window] of artifact.windows.entries()) {
    const { length } = window.ids;
    const isLast = index === artifact.windows.length - 1;
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
  const at = ids.indexOf(window?.ids[offset] ?? -1);
  const listed = at === -1 ? null : (probabilitiesPpb[at] ?? 0);
  if (listed !== null && listed !== chosenPpb) return 'two probabilities for the chosen token';
  const least = probabilitiesPpb.at(-1) ?? 0;
  return listed === null && chosenPpb > least ? 'a chosen token that should be among the alternatives' : null;
}

/** The generator's own text and stop over the same pieces, byte by byte (verification §1.4). */
function textFlaw(artifact: Artifact, { payload, pieces }: StructureReference): string | null {
  const { finish, tokensOut } = artifact;
  const output = outputOf(payload, pieces);
  if (output.tokens < tokensOut) return 'tokens beyond the end of the answer';
  const text = finish === 'cancelled' ? output.given : output.whole;
  if (!equalBytes(artifact.text, text)) return 'another text than its tokens give';
  if (finish !== 'length') return null;
  if (output.stopped) return 'ended at a stop sequence, not by its length';
  return tokensOut === payload.maxTokens || output.isOver ? null : 'ended before its length';
}

/** Whether the model itself is said to have ended the answer: not a stop sequence, its length, or the client. */
export function endsByItself(
  { finish }: Pick<Artifact, 'finish'>,
  { payload, pieces }: Pick<StructureReference, 'payload' | 'pieces'>,
): boolean {
  return finish === 'stop' && !outputOf(payload, pieces).stopped;
}

/** What a generator makes of these pieces: its text before and after its end, and how many tokens it takes to it. */
function outputOf({ stop }: InferencePayload, pieces: readonly Uint8Array[]) {
  const output = new OutputText(stop);
  const text = new GrowingBytes();
  let tokens = 0;
  for (; tokens < pieces.length - 1 && !output.isOver; tokens++) text.push(output.push(pieces[tokens] ?? nothing));
  const { isOver, length } = { isOver: output.isOver, length: text.length };
  text.push(output.end(pieces.at(-1) ?? nothing));
  return { tokens, given: text.view(0, length), whole: text.view(), stopped: output.stopped, isOver };
}
