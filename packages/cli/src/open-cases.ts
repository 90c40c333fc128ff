import { type Client, type OpenCase, pageLimits } from '@assay/client';
import { type Params, parseAddress } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { listKeys } from './data-keys.ts';

/** The undecided cases, by their numbers. */
export async function openCasesOf(node: Client): Promise<OpenCase[]> {
  const found: OpenCase[] = [];
  for (;;) {
    const { items, total } = await node.getOpenCases({ from: found.length, limit: pageLimits.max });
    found.push(...items);
    if (items.length === 0 || found.length >= total) return found;
  }
}

/** Names of the keys of the data directory that satisfy a test of their address; none where no key file opens. */
export async function keysThat(
  isWanted: (address: string) => boolean,
  { dataDir, environment }: { readonly dataDir: string; readonly environment: NodeJS.ProcessEnv },
): Promise<string[]> {
  const keys = await listKeys(dataDir, environment).catch(() => []);
  return keys.flatMap(({ name, kind, address }) => (kind === 'account' && isWanted(address) ? [name] : []));
}

/** Whether an address is of the foundation (§10.6). */
export function isMember({ cases }: Pick<Params, 'cases'>, address: string): boolean {
  const bytes = parseAddress(address);
  return bytes !== null && cases.foundation.some((member) => equalBytes(member, bytes));
}
