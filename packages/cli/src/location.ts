import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dataFiles } from '@assay/node/host/data-files';
import { z } from 'zod';
import { CliError } from './failures.ts';
import { assayHome } from './home.ts';

/** What a running node says about itself in `node.json` of its data directory. */
const nodeFile = z.object({
  api: z.string(),
  apiKey: z.string().optional(),
  adminToken: z.string().optional(),
});
type NodeFile = z.infer<typeof nodeFile>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The data directory: what `--data` says, or `devnet` in the home. */
export function dataDirectory(option: string | undefined, environment: Environment): string {
  return option === undefined ? join(assayHome(environment), 'devnet') : resolve(option);
}

/** `node.json` of a data directory; null when no node has written one. Throws CliError when it is damaged. */
export function readNodeFile(dataDir: string): NodeFile | null {
  const path = join(dataDir, dataFiles.node);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  try {
    return nodeFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError('dataDirectory', `${path} is damaged; restart the node to have it written again.`, { cause });
  }
}

/** The node's root URL, without `/v1`: from `--api`, `ASSAY_API`, or the data directory's `node.json`. */
export function nodeUrl(options: { api: string | undefined; dataDir: string; environment: Environment }): string {
  const named = options.api ?? options.environment.ASSAY_API;
  const url = named ?? readNodeFile(options.dataDir)?.api;
  if (url === undefined) {
    throw new CliError(
      'unreachable',
      `No node runs on ${options.dataDir}. Start one with \`npm start\`, or name one with --api URL.`,
    );
  }
  if (!URL.canParse(url)) {
    throw new CliError('usage', `"${url}" is not a URL; an address looks like http://127.0.0.1:4010.`);
  }
  return url.replace(/\/+$/, '').replace(/\/v1$/, '');
}
