import type { OpenCase, Status } from '@assay/client';
import { caseSentence } from '@assay/explain/case-words';
import { duration } from './node-lines.ts';

/** Undecided cases that are named; the list shows all. */
const named = 5;

/**
 * Reminds of the cases that wait for the foundation (`node.md`, §20.10): one by one where it is asked with the key of a
 * member, else in a line.
 */
export function waitingLines(waiting: readonly OpenCase[], isForMember: boolean, status: Status): string[] {
  const [first] = waiting.toSorted((a, b) => a.deadlineEpoch - b.deadlineEpoch);
  if (first === undefined) return [];
  const left = timeLeft(first, status);
  if (!isForMember) {
    const many = waiting.length === 1 ? '1 case waits' : `${waiting.length} cases wait`;
    return [`${many} for the foundation, the first for ${left} more: \`assay case list --open\` shows them.`];
  }
  const shown = waiting.slice(0, named).map((row) => {
    const commands = `\`assay case show ${row.id}\`, \`assay case decide ${row.id} --fine\` or \`--dismiss\``;
    return `  ${caseSentence(row)} (${timeLeft(row, status)}). ${commands}`;
  });
  const rest = waiting.length > named ? [`  … of ${waiting.length}; \`assay case list --open\` shows all.`] : [];
  return ['The foundation has to decide, and a key of a member is here:', ...shown, ...rest];
}

/** From this block to the end of the epoch that a case names. */
function timeLeft({ deadlineEpoch }: OpenCase, { height, epoch, epochBlocks, blockTimeMs }: Status): string {
  const blocks = Math.max(0, (deadlineEpoch + 1) * epochBlocks - height);
  const epochs = Math.max(0, deadlineEpoch - epoch) + 1;
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, about ${duration(Math.ceil((blocks * blockTimeMs) / 1000))}`;
}
