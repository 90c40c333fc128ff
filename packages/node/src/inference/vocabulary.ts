import type { InferenceModel } from '@assay/roles/ports/inference';

/** What a model file says without its weights: how conversations become ids, and ids text. */
export interface Vocabulary extends Pick<InferenceModel, 'contextTokens' | 'vocabularySize' | 'render' | 'textPieces'> {
  /** Tokens that end a generation. */
  readonly endIds: readonly number[];
  /** All weights together, bytes. */
  readonly weightBytes: number;
  /** The text of some ids; those before them may be given so that spaces at the seam come out right. */
  detokenize(ids: readonly number[], before: readonly number[]): Promise<string>;
  /** The text of each token by itself, special ones too. */
  tokenTexts(ids: readonly number[]): Promise<string[]>;
}
