import { checkTransaction } from './actions/checkTransaction.ts';
import { getAccount } from './actions/getAccount.ts';
import { getBlock } from './actions/getBlock.ts';
import { getBlockBytes } from './actions/getBlockBytes.ts';
import { getBlocks } from './actions/getBlocks.ts';
import { getCommittee } from './actions/getCommittee.ts';
import { getDomains } from './actions/getDomains.ts';
import { getEpoch } from './actions/getEpoch.ts';
import { getGateways } from './actions/getGateways.ts';
import { getGenesis } from './actions/getGenesis.ts';
import { getMiner } from './actions/getMiner.ts';
import { getMiners } from './actions/getMiners.ts';
import { getMixers } from './actions/getMixers.ts';
import { getModels } from './actions/getModels.ts';
import { getOracles } from './actions/getOracles.ts';
import { getParams } from './actions/getParams.ts';
import { getProof } from './actions/getProof.ts';
import { getReceipt } from './actions/getReceipt.ts';
import { getRoles } from './actions/getRoles.ts';
import { getSession } from './actions/getSession.ts';
import { getSessions } from './actions/getSessions.ts';
import { getStatus } from './actions/getStatus.ts';
import { getTask } from './actions/getTask.ts';
import { getTasks } from './actions/getTasks.ts';
import { getValidators } from './actions/getValidators.ts';
import { sendTransaction } from './actions/sendTransaction.ts';
import { setRole } from './actions/setRole.ts';
import type { Connection } from './connection.ts';

const actions = {
  checkTransaction,
  getAccount,
  getBlock,
  getBlockBytes,
  getBlocks,
  getCommittee,
  getDomains,
  getEpoch,
  getGateways,
  getGenesis,
  getMiner,
  getMiners,
  getMixers,
  getModels,
  getOracles,
  getParams,
  getProof,
  getReceipt,
  getRoles,
  getSession,
  getSessions,
  getStatus,
  getTask,
  getTasks,
  getValidators,
  sendTransaction,
  setRole,
};
type Actions = typeof actions;

type Bound<Action> = Action extends (connection: Connection, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/** Every action of this package, bound to one node. */
export type Client = { readonly [Name in keyof Actions]: Bound<Actions[Name]> } & { readonly baseUrl: string };

/**
 * A client of the node at `baseUrl` (its root, `http://127.0.0.1:4010`). Every action rejects with ClientError.
 * `fetch` replaces the host's own.
 */
export function createClient(options: { readonly baseUrl: string; readonly fetch?: typeof fetch }): Client {
  const connection: Connection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    fetch: options.fetch ?? ((...call) => fetch(...call)),
  };
  const bound = Object.entries(actions).map(([name, action]) => [
    name,
    (...rest: unknown[]) => (action as (...all: unknown[]) => unknown)(connection, ...rest),
  ]);
  return { ...Object.fromEntries(bound), baseUrl: connection.baseUrl } as Client;
}
