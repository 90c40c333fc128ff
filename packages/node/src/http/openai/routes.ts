import { AssayError } from '@assay/protocol';
import type { ChatService } from '@assay/roles/ports/chat';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Activity } from '../activity.ts';
import { takeJson } from '../body.ts';
import { bearerToken } from '../credentials.ts';
import { readQuery, shown } from '../query.ts';
import { ChunkWriter, completionOf } from './completion.ts';
import { type ChatRequest, readChatRequest } from './request.ts';
import { startAnswer, writeEvents } from './stream.ts';

export interface OpenAiOptions {
  readonly chat: ChatService;
  readonly activity: Activity;
  /** Called with what failed after the first byte of a stream, when no status could say it any more. */
  readonly onStreamFailure: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;
}

/** The routes OpenAI's clients know: chat completions and models. */
export function openAiRoutes(app: FastifyInstance, { chat, activity, onStreamFailure }: OpenAiOptions): void {
  takeJson(app);
  // Before the body is read: who holds no key cannot make the node parse anything.
  app.addHook('onRequest', async (request) => {
    const key = bearerToken(request.headers.authorization);
    if (key === null || !chat.knowsKey(key)) throw new AssayError('INVALID_API_KEY');
    readQuery(request.query, []);
  });

  app.post('/v1/chat/completions', async (request, reply) => {
    const asked = readChatRequest(request.body);
    const running = activity.begin(reply.raw);
    try {
      return await answerChat(request, reply, asked, running.signal);
    } catch (error) {
      throw running.signal.aborted ? running.signal.reason : error;
    } finally {
      running.end();
    }
  });

  async function answerChat(request: FastifyRequest, reply: FastifyReply, asked: ChatRequest, signal: AbortSignal) {
    const key = bearerToken(request.headers.authorization) ?? '';
    const answer = await chat.ask(key, asked.inference, signal);
    reply.header('x-assay-receipt', answer.taskId);
    const createdS = Math.floor(Date.now() / 1000);
    if (!asked.stream) return completionOf(answer, asked, createdS);
    const started = await startAnswer(answer.events);
    sendStreamHeaders(reply);
    const failure = await writeEvents(reply.raw, started, new ChunkWriter(answer.taskId, asked, createdS), signal);
    if (failure !== null) onStreamFailure(failure, request, reply);
    return reply;
  }

  const modelJson = ({ id, createdS, ownedBy }: ReturnType<ChatService['models']>[number]) => ({
    id,
    object: 'model',
    created: createdS,
    owned_by: ownedBy,
  });
  const modelsOf = ({ headers }: FastifyRequest) => chat.models(bearerToken(headers.authorization) ?? '');
  app.get('/v1/models', async (request) => ({ object: 'list', data: modelsOf(request).map(modelJson) }));
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const id = request.params['*'];
    const model = modelsOf(request).find((each) => each.id === id);
    if (model !== undefined) return modelJson(model);
    throw new AssayError('MODEL_NOT_FOUND', `Asked for \`${shown(id)}\`; GET /v1/models lists what this key can ask.`);
  });
}

/** From here on the response is written directly: one write per event, nothing of the framework in between. */
function sendStreamHeaders(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
}
