import type { Flaw } from '@assay/protocol';

/** The sentences of `structureFlaw`, and the flaw each reports. */
const sentences: Readonly<Record<string, Flaw>> = {
  'unknown version': 'version',
  'other sampling than was asked for': 'sampling',
  'another prompt than was asked': 'prompt',
  'wrong token counts': 'tokenCounts',
  'longer than the context': 'contextLength',
  'more tokens than were asked for': 'tooManyTokens',
  'a token outside the vocabulary': 'vocabulary',
  'a window of the wrong size': 'windowSize',
  'probabilities are missing': 'missingProbabilities',
  'no alternatives': 'alternatives',
  'impossible alternatives': 'alternatives',
  'unsorted alternatives': 'order',
  'more probability than there is': 'mass',
  'two probabilities for the chosen token': 'chosenProbability',
  'a chosen token that should be among the alternatives': 'chosenProbability',
  'another text than its tokens give': 'text',
  'tokens beyond the end of the answer': 'tokensBeyondEnd',
  'ended at a stop sequence, not by its length': 'endByStop',
  'ended before its length': 'endBeforeLength',
  'an answer to what the model refuses': 'refusedPrompt',
};

/** The flaw that a sentence of `structureFlaw` reports, wherever in the output it was found. */
export function flawOf(sentence: string): Flaw {
  return sentences[sentence.replace(/ at output position \d+$/, '')] ?? 'other';
}
