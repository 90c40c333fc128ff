import { AssayError } from '@assay/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { shown } from './query.ts';

const chatPath = '/v1/chat/completions';
/** Names that no other machine can answer to. */
const ownNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Who is answered besides programs of this machine, which name it by one of its own names and send no origin. */
export interface Guests {
  /** The address the server listens on. */
  readonly host: string;
  /** Further names under which this node is known, without a port. */
  readonly hostNames: readonly string[];
  /** Origins of pages that may read the answers, as `https://app.example`. */
  readonly origins: readonly string[];
}

/** What a page of an allowed origin may call: reads, and the chat route, which an API key opens and no cookie does. */
function isOpen(method: string, url: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return method === 'POST' && url.split('?', 1)[0] === chatPath;
}

/** The name in a Host header, lower-case and without its port. */
function nameIn(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

/** What a browser says of a request that a page of another origin caused, whether it names that origin or not. */
const foreignSites: readonly unknown[] = ['cross-site', 'same-site'];

/** §16.3, §16.4 Turns away requests for another host or by a page of another origin; answers preflight requests. */
export function guardOrigins(app: FastifyInstance, { host, hostNames, origins }: Guests): void {
  const listened = host.includes(':') ? `[${host}]` : host;
  const names = new Set([...ownNames, listened, ...hostNames].map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { headers } = request;
    // §16.4 No answer is a script or a style to a page, whatever is in it.
    reply.header('x-content-type-options', 'nosniff');
    // §16.3 A page whose name was made to lead here is of another host, whatever address it reaches.
    if (!names.has(nameIn(headers.host ?? ''))) throw new AssayError('WRONG_HOST', askedHost(headers.host));
    const { origin } = headers;
    const isOwn = origin === undefined || origin === `http://${headers.host}` || origin === `https://${headers.host}`;
    if (isOwn && !foreignSites.includes(headers['sec-fetch-site'])) return;
    reply.header('vary', 'origin');
    // §16.4 No origin is allowed unless the operator named it, and none may write.
    const asked = headers['access-control-request-method'];
    const isPreflight = request.method === 'OPTIONS' && asked !== undefined;
    const isNamed = origin !== undefined && origins.includes(origin);
    if (!isNamed || !isOpen(isPreflight ? asked : request.method, request.url)) {
      const site = origin === undefined ? 'another site' : shown(origin);
      throw new AssayError('FOREIGN_ORIGIN', `This page is of ${site}.`);
    }
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', 'x-assay-receipt, retry-after');
    if (!isPreflight) return;
    reply.header('access-control-allow-methods', asked);
    reply.header('access-control-allow-headers', 'authorization, *');
    reply.header('access-control-max-age', '600');
    return reply.code(204).send();
  });
}

function askedHost(host: string | undefined): string {
  return host === undefined ? 'The request names no host.' : `The request is for ${shown(host)}.`;
}
