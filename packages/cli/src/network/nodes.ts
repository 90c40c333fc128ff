import { join } from 'node:path';
import { createClient, type NodeCondition } from '@assay/client';
import { type NetworkFile, type NetworkNode, readNetworkFile } from '@assay/node/deploy/network-file';
import { processOf } from '@assay/node/deploy/processes';
import { CliError } from '../failures.ts';
import { readNodeFile } from '../location.ts';

/** A node of a network on this machine, as it was found. */
export interface FoundNode {
  readonly node: NetworkNode;
  readonly dataDir: string;
  readonly process: number | 'died' | null;
  /** Null while it does not answer. */
  readonly api: string | null;
  readonly condition: NodeCondition | null;
}

/** The network of a directory, and its nodes on one machine. Throws CliError when there is no such machine. */
export async function networkOf(
  dir: string,
  host: string | undefined,
): Promise<{ network: NetworkFile; nodes: readonly NetworkNode[] }> {
  const network = await readNetworkFile(dir);
  const hosts = [...new Set(network.nodes.map((node) => node.host))];
  if (host === undefined) return { network, nodes: network.nodes };
  const nodes = network.nodes.filter((node) => node.host === host);
  if (nodes.length > 0) return { network, nodes };
  throw new CliError('usage', `There is no machine "${host}" in ${dir}; it has ${hosts.join(', ')}.`);
}

/** How a node is: its process, and what it says itself. */
export async function lookAt(dir: string, node: NetworkNode): Promise<FoundNode> {
  const dataDir = join(dir, node.dir);
  const process = processOf(dataDir);
  // What a process left behind that was cut off says nothing of now.
  const api = typeof process === 'number' ? (readNodeFile(dataDir)?.api ?? null) : null;
  const condition = api === null ? null : await conditionAt(api);
  return { node, dataDir, process, api, condition };
}

async function conditionAt(api: string): Promise<NodeCondition | null> {
  try {
    return await createClient({ baseUrl: api }).getNode();
  } catch {
    return null;
  }
}

/** Whether all roles of a node run. */
export function isReady({ condition }: FoundNode): boolean {
  return condition?.isCurrent === true && condition.roles.every(({ running }) => running);
}
