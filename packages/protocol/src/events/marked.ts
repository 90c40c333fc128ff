import type { LedgerEvent } from './events.ts';

/** What happens now and then, and is asked for over the whole of a chain: a node keeps where (§16.16). */
export const markedEvents = [
  'caseOpened',
  'caseOpinion',
  'caseDue',
  'caseAppealed',
  'caseExecuted',
  'caseDismissed',
  'penaltiesFrozen',
  'votingEnded',
  'challengeDisputed',
  'challengeJudged',
] as const satisfies readonly LedgerEvent['type'][];
export type MarkedEvent = (typeof markedEvents)[number];

export const isMarked = (type: LedgerEvent['type']): type is MarkedEvent =>
  (markedEvents as readonly string[]).includes(type);
