import { formatUnits, type OpenCase } from '@assay/client';

/** Its sentence goes on after what is held: who decides until when, and what silence does (§10.6.1, §10.7). */
export function silenceWords({
  status,
  silence,
  deadlineEpoch,
}: Pick<OpenCase, 'status' | 'silence' | 'deadlineEpoch'>) {
  if (status === 'pending') return `taken at the end of epoch ${deadlineEpoch} unless its owner appeals`;
  const until = `the foundation decides until the end of epoch ${deadlineEpoch}`;
  if (silence === 'dismissed') return `${until}, else it is dismissed`;
  if (silence === 'executed') return `${until}, else the fine is taken and the bond goes back`;
  return `${until}, else the fine falls due unless its owner appeals`;
}

/** One undecided case in a sentence without a full stop. */
export function caseSentence(row: OpenCase): string {
  const { id, cause, kind, role, heldUnits, unbondingUnits } = row;
  const held = formatUnits(BigInt(heldUnits) + BigInt(unbondingUnits));
  return `Case ${id} (${cause}) holds ${held} units of ${kind} ${role}: ${silenceWords(row)}`;
}

/** What whoever has the key of its owner can do about it. */
export function caseCure({ id, status, silence }: OpenCase): string {
  const why = `\`assay case show ${id}\` says why`;
  if (status === 'pending') return `${why}; its owner appeals with \`assay case appeal ${id}\`.`;
  return silence === 'due' ? `${why}; its owner may appeal once it falls due.` : `${why}.`;
}
