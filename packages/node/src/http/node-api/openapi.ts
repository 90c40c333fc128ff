import * as client from '@assay/client';
import { ApiError, type ApiRoute, apiRoutes, Pending, pathNamesOf, queryParameters } from '@assay/client';
import { limits } from '@assay/protocol';
import { z } from 'zod';
import { ChatBody } from '../openai/request.ts';

type Json = Record<string, unknown>;

/** The names answers are known by in the document: those their schemas have in `@assay/client`. */
function schemaNames(): z.core.$ZodRegistry<{ id: string }> {
  const names = z.registry<{ id: string }>();
  const answers = new Set<z.ZodType>([ApiError, Pending, ...Object.values(apiRoutes).map((route) => route.response)]);
  for (const [id, value] of Object.entries(client)) {
    if (value instanceof z.ZodType) {
      answers.delete(value);
      names.add(value, { id });
    }
  }
  if (answers.size > 0) throw new Error('openapi: an answer has no name in @assay/client');
  return names;
}

const reference = (id: string) => ({ $ref: `#/components/schemas/${id}` });
const jsonOf = (schema: Json) => ({ 'application/json': { schema } });
const octets = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const text = { type: 'string' };
const failed = {
  description: 'Refused or failed; `spec/errors.md` lists the codes.',
  content: jsonOf(reference('ApiError')),
};

function components(names: ReturnType<typeof schemaNames>): Json {
  const uri = (id: string) => `#/components/schemas/${id}`;
  // As input: later versions may add members, so their absence is not promised.
  const { schemas } = z.toJSONSchema(names, { uri, io: 'input' });
  const chat = z.toJSONSchema(ChatBody, { io: 'input' });
  return Object.fromEntries(Object.entries({ ...schemas, ChatBody: chat }).map(([id, schema]) => [id, bare(schema)]));
}

/** Without the members that would make it a document of its own. */
function bare({ $schema, $id, ...schema }: Json): Json {
  return schema;
}

function parametersOf(route: ApiRoute): Json[] {
  const inPath = pathNamesOf(route.path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
  const inQuery = route.query.map((name) => ({
    name,
    in: 'query',
    required: false,
    schema: bare(z.toJSONSchema(queryParameters[name], { io: 'input' })),
  }));
  return [...inPath, ...inQuery];
}

function operation(operationId: string, route: ApiRoute, answer: string): Json {
  const content = { ...jsonOf(reference(answer)), ...(route.bytes ? octets : {}) };
  const pending = { description: 'Known, but in no block yet.', content: jsonOf(reference('Pending')) };
  return {
    operationId,
    summary: route.summary,
    parameters: parametersOf(route),
    ...(route.takesTransaction ? { requestBody: { required: true, content: octets } } : {}),
    ...(route.admin ? { security: [{ adminToken: [] }] } : {}),
    responses: {
      200: { description: 'Done.', content },
      ...(route.pending ? { 202: pending } : {}),
      default: failed,
    },
  };
}

/** The routes of OpenAI's clients. Their answers are OpenAI's, with `assay.receipt_id` added. */
function openAiPaths(): Json {
  const security = [{ apiKey: [] }];
  const answers = (description: string, content: Json) => ({ 200: { description, content }, default: failed });
  const model = [{ name: 'model', in: 'path', required: true, schema: text }];
  return {
    '/v1/chat/completions': {
      post: {
        operationId: 'createChatCompletion',
        summary: 'Asks a model; the answer names the receipt.',
        security,
        requestBody: { required: true, content: jsonOf(reference('ChatBody')) },
        responses: answers('The answer, or with `stream` its events.', { ...jsonOf({}), 'text/event-stream': {} }),
      },
    },
    '/v1/models': {
      get: {
        operationId: 'listModels',
        summary: 'The models that answer.',
        security,
        responses: answers('Done.', jsonOf({})),
      },
    },
    '/v1/models/{model}': {
      get: {
        operationId: 'retrieveModel',
        summary: 'One of them.',
        security,
        parameters: model,
        responses: answers('Done.', jsonOf({})),
      },
    },
  };
}

/** The OpenAPI 3.1 document of everything this server answers. */
export function openApiDocument(): Json {
  const names = schemaNames();
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(apiRoutes) as [string, ApiRoute][]) {
    const described = operation(name, route, names.get(route.response)?.id ?? '');
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: described };
  }
  const { receipt } = apiRoutes;
  const bearer = { type: 'http', scheme: 'bearer' };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay node',
      version: '1',
      description: `Bodies hold at most ${limits.maxRequestBytes} bytes, transactions ${limits.maxTransactionBytes}.`,
    },
    paths: {
      ...openAiPaths(),
      '/v1/receipts/{taskId}': { get: operation('retrieveReceipt', receipt, 'ReceiptJson') },
      ...paths,
    },
    components: { schemas: components(names), securitySchemes: { apiKey: bearer, adminToken: bearer } },
  };
}
