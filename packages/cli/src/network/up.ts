import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { NetworkNode } from '@assay/node/deploy/network-file';
import { lastLines, processOf, startProcess } from '@assay/node/deploy/processes';
import { CliError } from '../failures.ts';
import { type FoundNode, isReady, lookAt } from './nodes.ts';

const pollMs = 500;
/** Of a node that died. */
const shownLines = 8;

/** What happens to the nodes of a network while it starts. */
export interface UpEvents {
  readonly onStarted: (node: NetworkNode, pid: number) => void;
  readonly onReady: (found: FoundNode) => void;
  /** Called with all that are not ready yet, each time they were looked at. */
  readonly onWaiting: (waiting: readonly FoundNode[]) => void;
}

/** The program that this process runs, as a node of its own would be started with it. */
function ownProgram(dataDir: string): [string, ...string[]] {
  const main = process.argv[1] ?? '';
  return [process.execPath, ...process.execArgv, main, 'run', '--data', dataDir];
}

/**
 * Starts the nodes that do not run and waits until the roles of all of them do. Resolves to null when it is asked to
 * stop before. Throws CliError with the last words of a node that died.
 */
export async function bringUp(
  dir: string,
  nodes: readonly NetworkNode[],
  { events, askedToStop }: { readonly events: UpEvents; readonly askedToStop: Promise<null> },
): Promise<readonly FoundNode[] | null> {
  for (const node of nodes) {
    const dataDir = join(dir, node.dir);
    if (typeof processOf(dataDir) !== 'number') events.onStarted(node, startProcess(ownProgram(dataDir), dataDir));
  }
  const ready = new Map<string, FoundNode>();
  let isAsked = false;
  void askedToStop.then(() => {
    isAsked = true;
  });
  while (!isAsked) {
    const found = await Promise.all(nodes.map((node) => lookAt(dir, node)));
    for (const each of found) {
      if (each.process === 'died') throw died(each);
      if (isReady(each) && !ready.has(each.node.name)) events.onReady(each);
      if (isReady(each)) ready.set(each.node.name, each);
    }
    if (ready.size === nodes.length) return found;
    events.onWaiting(found.filter(({ node }) => !ready.has(node.name)));
    await Promise.race([setTimeout(pollMs), askedToStop]);
  }
  return null;
}

function died({ node, dataDir }: FoundNode): CliError {
  const words = lastLines(dataDir, shownLines).map((line) => `  ${line}`);
  const said = words.length === 0 ? 'It said nothing.' : `Its last words:\n${words.join('\n')}`;
  return new CliError('failure', `The node ${node.name} has ended. ${said}\nAll it said is in ${dataDir}/run.log.`);
}
