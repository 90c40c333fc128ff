import type { Distribution } from '../inference/sampling.ts';
import type { ScoredEnd, ScoredPosition, ScoreRequest } from '../ports/inference.ts';
import { choiceMarginMicro, type Draw, noMargin } from './choice.ts';
import { surpriseOf } from './surprise.ts';

/** What a reference says of one position: what may stand there, and logits of ids asked for and of what does. */
export interface LogitsAt extends Distribution {
  readonly logits: ReadonlyMap<number, number>;
}

/** End tokens that are less likely together are no end at all, whatever is drawn. */
const likelyEnd = 0.001;

/** The numbers of one position of an output (verification §2.3, §2.6, §3.2); an end is never part of it (§1.2). */
export function scoredPosition(
  at: LogitsAt,
  { outputIds, sampling, sampler }: Pick<ScoreRequest, 'outputIds' | 'sampling' | 'sampler'>,
  { index, ids, isEnd }: { readonly index: number; readonly ids: readonly number[]; readonly isEnd: boolean },
): ScoredPosition {
  const id = outputIds[index] ?? -1;
  const logit = at.logits.get(id) ?? at.candidates.find((candidate) => candidate.id === id)?.logit;
  const best = at.candidates[0]?.logit ?? 0;
  const draw: Draw = { sampling, sampler, step: index };
  const ppb = (logit: number | undefined) =>
    logit === undefined ? 0 : Math.round((1e9 * Math.exp(logit - best)) / at.totalWeight);
  const [first] = ids;
  const led = first === undefined ? best : at.logits.get(first);
  return {
    probabilitiesPpb: ids.map((each) => ppb(at.logits.get(each))),
    leadMicro: led === undefined ? noMargin : Math.max(0, Math.round((best - led) * 1e6)),
    choiceMarginMicro: isEnd || logit === undefined ? noMargin : choiceMarginMicro(at, draw, { id, logit }),
    ...surpriseOf(at, draw, id),
  };
}

/** What a reference says of the end of an answer: the end token that is a choice soonest stands for all. */
export function scoredEnd(
  at: Distribution,
  { outputIds, sampling, sampler }: Pick<ScoreRequest, 'outputIds' | 'sampling' | 'sampler'>,
  isEnd: (id: number) => boolean,
): ScoredEnd {
  const draw: Draw = { sampling, sampler, step: outputIds.length };
  const ends = at.candidates.filter(({ id }) => isEnd(id));
  const best = at.candidates[0]?.logit ?? 0;
  const weight = ends.reduce((sum, { logit }) => sum + Math.exp(logit - best), 0);
  const margins = ends.map((end) => choiceMarginMicro(at, draw, end));
  return {
    choiceMarginMicro: Math.min(noMargin, ...margins),
    isLikely: weight / at.totalWeight >= likelyEnd,
  };
}
