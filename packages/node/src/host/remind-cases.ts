import { caseCure, caseSentence } from '@assay/explain/case-words';
import { openCaseJson } from '@assay/explain/json';
import type { Chain } from '@assay/roles/ports/chain';

/** Cases that one reminder names. */
const named = 5;

/** §20.10 Names what waits for the foundation, in the log, at the end of each epoch. */
export function remindOfCases(
  chain: Pick<Chain, 'head' | 'isCurrent' | 'onBlock'>,
  log: (line: string) => void,
): () => void {
  return chain.onBlock(({ result }) => {
    if (!chain.isCurrent() || !result.events.some(({ type }) => type === 'epochClosed')) return;
    const head = chain.head();
    const waiting = [...head.cases].filter(({ status }) => status === 'review');
    for (const row of waiting.slice(0, named)) {
      const open = openCaseJson(head, row);
      log(`${caseSentence(open)}; ${caseCure(open)}`);
    }
    if (waiting.length > named) log(`${waiting.length - named} more cases wait for the foundation.`);
  });
}
