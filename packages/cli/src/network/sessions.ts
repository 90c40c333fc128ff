import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Session } from '@assay/client';
import { coldDirectory } from '@assay/node/deploy/network-file';
import { names, sessionDepositUnits } from '@assay/node/devnet/genesis';
import { plainSession } from '@assay/node/devnet/provision';
import { dataFiles } from '@assay/node/host/data-files';
import { liveApiKey } from '@assay/node/host/follow-sessions';
import { writeNodeFile } from '@assay/node/host/node-file';
import { ApiKeyFile } from '@assay/node/keys/api-keys';
import { toHex } from '@assay/ssz';
import { keysOf } from '../data-keys.ts';
import { readNodeFile } from '../location.ts';
import { send } from '../tx/send.ts';
import type { FoundNode } from './nodes.ts';

/** Where somebody may ask a prompt, and with which key. */
export interface Front {
  readonly api: string;
  readonly apiKey: string;
  readonly dataDir: string;
  /** Name of a model it answers for. */
  readonly modelName: string;
}

const pageRows = 1000;

/**
 * Opens the session that each gateway spends, with the payer's key from the cold keys, where it is not open. Null when
 * there is no gateway here, or no payer to pay for it.
 */
export async function openFront(
  dir: string,
  nodes: readonly FoundNode[],
  environment: NodeJS.ProcessEnv,
): Promise<Front | null> {
  const gateways = nodes.filter(({ node, api }) => api !== null && node.roles.includes('gateway'));
  const fronts: Front[] = [];
  for (const { api, dataDir, node } of gateways) {
    if (api !== null) fronts.push(...(await frontOf({ dir, api, dataDir, name: node.name }, environment)));
  }
  return fronts[0] ?? null;
}

async function frontOf(
  { dir, api, dataDir, name }: { dir: string; api: string; dataDir: string; name: string },
  environment: NodeJS.ProcessEnv,
): Promise<Front[]> {
  const client = createClient({ baseUrl: api });
  const keys = await keysOf(dataDir, environment);
  const own = keys.names().find((key) => key.name.startsWith(names.session));
  if (own === undefined) return [];
  const signer = keys.account(own.name);
  const sessionKey = `0x${toHex(signer.publicKey)}`;
  let session = await sessionOf(api, sessionKey);
  const cold = join(dir, coldDirectory);
  if (session === null && existsSync(join(cold, dataFiles.keys))) {
    const payer = (await keysOf(cold, environment)).account(names.payer);
    const { height } = await client.getStatus();
    const params = await client.getParams();
    const { total } = await client.getMixers({ limit: 1 });
    const homeMixer = Number(name.replace(/\D/g, '')) % total;
    const { publicKey } = signer;
    const terms = plainSession({ sessionKey: publicKey, homeMixer, depositUnits: sessionDepositUnits, height });
    const feeUnits = BigInt(String(params.transactionFeeUnits));
    await send(client, ['openSession', terms], { signer: payer, name: names.payer, feeUnits, dryRun: false });
    session = await sessionOf(api, sessionKey);
  }
  if (session === null) return [];
  const file = new ApiKeyFile(join(dataDir, dataFiles.apiKeys));
  const { items } = await client.getModels({ limit: 1 });
  const apiKey = await liveApiKey(file, session.index, signer);
  await tellKey(dataDir, apiKey);
  return [{ api, apiKey, dataDir, modelName: items[0]?.name ?? '' }];
}

/** So that `assay chat --data` finds the key, as long as the node runs. */
async function tellKey(dataDir: string, apiKey: string): Promise<void> {
  await writeNodeFile(dataDir, { ...readNodeFile(dataDir), apiKey });
}

async function sessionOf(api: string, sessionKey: string): Promise<Session | null> {
  const client = createClient({ baseUrl: api });
  for (let from = 0; ; from += pageRows) {
    const { items, total } = await client.getSessions({ from, limit: pageRows });
    const found = items.find((row) => row.sessionKey === sessionKey && row.status === 'open');
    if (found !== undefined) return found;
    if (from + pageRows >= total) return null;
  }
}
