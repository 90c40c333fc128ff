import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const chatPath = '/v1/chat/completions';

/** What a page of any origin may call: reads, and the chat route, which an API key opens and no cookie does. */
function isOpen(method: string, url: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return method === 'POST' && url.split('?', 1)[0] === chatPath;
}

/** Lets browsers read, and answers their preflight requests. */
export function allowOrigins(app: FastifyInstance): void {
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = request.headers['access-control-request-method'];
    const isPreflight = request.method === 'OPTIONS' && asked !== undefined;
    if (!isOpen(isPreflight ? asked : request.method, request.url)) return;
    reply.header('access-control-allow-origin', '*');
    reply.header('access-control-expose-headers', 'x-assay-receipt, retry-after');
    if (!isPreflight) return;
    reply.header('access-control-allow-methods', asked);
    reply.header('access-control-allow-headers', 'authorization, *');
    reply.header('access-control-max-age', '600');
    return reply.code(204).send();
  });
}
