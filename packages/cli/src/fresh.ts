import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { dataFiles } from '@assay/node/host/data-files';
import { CliError } from './failures.ts';
import { isTerminal, type Terminal } from './terminal.ts';

/** Files of which a directory holds at least one once a network has lived in it. */
const marks = [dataFiles.genesis, dataFiles.keys, dataFiles.lock];

/** Refuses a directory that holds something else than a network. Throws CliError. */
export function requireDataDirectory(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const entries = entriesOf(dataDir);
  if (entries.length === 0 || marks.some((mark) => entries.includes(mark))) return;
  throw new CliError(
    'dataDirectory',
    `${dataDir} holds files, but no Assay network (no ${dataFiles.genesis}): nothing was touched. ` +
      'Choose another directory with --data.',
  );
}

/**
 * Tells what `--fresh` deletes, and asks where a person can answer. Resolves to whether there is something to delete.
 * Throws CliError when the person says no.
 */
export async function agreeToFresh(dataDir: string, run: { terminal: Terminal; json: boolean }): Promise<boolean> {
  if (!existsSync(dataDir) || entriesOf(dataDir).length === 0) return false;
  const { note } = run.terminal;
  const sentence = `This deletes the chain, the keys and the receipts in ${dataDir}, for good.`;
  if (run.json || !isTerminal(note) || !process.stdin.isTTY) {
    note.write(`${sentence}\n`);
    return true;
  }
  const prompt = createInterface({ input: process.stdin, output: note });
  prompt.on('SIGINT', () => prompt.close());
  const closed = once(prompt, 'close').then(() => '');
  const answer = await Promise.race([prompt.question(`${sentence} Go on? [y/N] `), closed]);
  prompt.close();
  if (/^y(es)?$/i.test(answer.trim())) return true;
  throw new CliError('usage', 'Nothing was deleted. Without --fresh the network goes on where it was.');
}

function entriesOf(dataDir: string): string[] {
  try {
    return readdirSync(dataDir);
  } catch (cause) {
    throw new CliError('dataDirectory', `${dataDir} cannot be read as a directory.`, { cause });
  }
}
