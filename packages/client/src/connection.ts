import { z } from 'zod';
import {
  type ApiRoute,
  type ApiRoutes,
  apiRoutes,
  type QueryName,
  type ResponseOf,
  type RouteName,
} from './api/routes.ts';
import { ApiError, Pending } from './api/schemas.ts';
import { ClientError } from './errors.ts';

/** A node to talk to. `baseUrl` has no trailing slash; `fetch` is the host's, or the caller's own. */
export interface Connection {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
}

export interface CallOptions {
  /** Values of the braces in the route's path. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Partial<Record<QueryName, number | undefined>>>;
  readonly adminToken?: string;
  /** A serialised transaction. */
  readonly body?: Uint8Array;
}

/** What a route answers as JSON; `Pending`, of some, while the task is known but in no block yet. */
export type AnswerOf<N extends RouteName> =
  | ResponseOf<N>
  | (ApiRoutes[N] extends { readonly pending: true } ? Pending : never);

/** Calls a JSON route. Throws ClientError: the node's code, NODE_NOT_REACHABLE, or BAD_ANSWER. */
export async function call<N extends RouteName>(
  connection: Connection,
  name: N,
  options: CallOptions = {},
): Promise<AnswerOf<N>> {
  const route: ApiRoute = apiRoutes[name];
  const response = await send(connection, route, 'application/json', options);
  const schema = route.pending && response.status === 202 ? Pending : route.response;
  return readJson(response, schema) as Promise<AnswerOf<N>>;
}

/** Calls a route that also answers the SSZ bytes of what it describes. */
export async function callBytes(
  connection: Connection,
  name: RouteName,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const response = await send(connection, apiRoutes[name], 'application/octet-stream', options);
  return new Uint8Array(await response.arrayBuffer());
}

async function send(connection: Connection, route: ApiRoute, accept: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { accept };
  if (options.adminToken !== undefined) headers['authorization'] = `Bearer ${options.adminToken}`;
  if (options.body !== undefined) headers['content-type'] = 'application/octet-stream';
  const init: RequestInit = { method: route.method, headers };
  if (options.body !== undefined) init.body = new Uint8Array(options.body);
  let response: Response;
  try {
    response = await connection.fetch(urlOf(connection, route, options), init);
  } catch (cause) {
    throw new ClientError(
      'NODE_NOT_REACHABLE',
      `No node answers at ${connection.baseUrl}. Is it running? Start one with \`npm start\`.`,
      { cause },
    );
  }
  if (!response.ok) throw await refusal(connection, response);
  return response;
}

function urlOf(connection: Connection, route: ApiRoute, { path = {}, query = {} }: CallOptions): string {
  const resource = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `${connection.baseUrl}${resource}${search.size === 0 ? '' : `?${search}`}`;
}

async function refusal(connection: Connection, response: Response): Promise<ClientError> {
  const { status } = response;
  const body = ApiError.safeParse(await response.json().catch(() => null));
  if (body.success) return new ClientError(body.data.error.code, body.data.error.message, { status });
  return new ClientError(
    'BAD_ANSWER',
    `What answers at ${connection.baseUrl} is not an Assay node (status ${status}).`,
    {
      status,
    },
  );
}

async function readJson(response: Response, schema: z.ZodType): Promise<unknown> {
  const read = schema.safeParse(await response.json().catch(() => undefined));
  if (read.success) return read.data;
  throw new ClientError(
    'BAD_ANSWER',
    `The answer of ${response.url} is not what this version expects: ${z.prettifyError(read.error)}`,
    { status: response.status, cause: read.error },
  );
}
