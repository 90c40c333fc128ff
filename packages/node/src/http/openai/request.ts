import { AssayError, limits } from '@assay/protocol';
import type { InferenceRequest } from '@assay/roles/ports/chat';
import type { ChatMessage } from '@assay/roles/ports/inference';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { messageRoles, refuseUnsupported, refuseUnsupportedIn } from './unsupported.ts';

/** Longest answer when the request names no limit, tokens. */
export const defaultMaxTokens = 256;

/** Parts of one message. */
const maxParts = 1024;

const wellFormed = (what: string) =>
  z.string({ error: `must be ${what}` }).refine((text) => text.isWellFormed(), {
    error: 'must not hold half of a surrogate pair',
  });
const between = (from: number, to: number) => {
  const error = `must be a number from ${from} to ${to}`;
  return z.number({ error }).min(from, { error }).max(to, { error });
};
const wholeBetween = (from: number, to: number) => {
  const error = `must be a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
};
const flag = z.boolean({ error: 'must be true or false' });
const textPart = z.object({
  type: z.literal('text', { error: 'must be "text"' }),
  text: wellFormed('a text'),
});
const ChatBodyMessage = z.object(
  {
    role: z.enum(messageRoles, { error: 'must name a role' }),
    content: z.union([wellFormed('a text'), z.array(textPart).min(1).max(maxParts)], {
      error: 'must be a well-formed text, or a list of {"type":"text","text":…}',
    }),
  },
  { error: 'must be an object with role and content' },
);
const stopText = wellFormed('a text')
  .min(1, { error: 'must not be empty' })
  .refine((text) => Buffer.byteLength(text) <= limits.maxStopBytes, {
    error: `must be at most ${limits.maxStopBytes} bytes long`,
  });

/** The body of POST /v1/chat/completions: what of it is honoured. Everything else is refused or changes nothing. */
export const ChatBody = z.object({
  model: wellFormed('the name of a model')
    .min(1, { error: 'must be the name of a model' })
    .max(limits.maxNameBytes, { error: `must be at most ${limits.maxNameBytes} characters long` }),
  messages: z.array(ChatBodyMessage).min(1).max(limits.maxMessages),
  temperature: between(0, 2).nullish(),
  top_p: between(0, 1).nullish(),
  max_tokens: wholeBetween(1, limits.maxTokens).nullish(),
  max_completion_tokens: wholeBetween(1, limits.maxTokens).nullish(),
  stop: z
    .union([stopText, z.array(stopText).max(limits.maxStops)], {
      error: `must be a text or a list of at most ${limits.maxStops}, each of 1 to ${limits.maxStopBytes} bytes`,
    })
    .nullish(),
  seed: z.int({ error: 'must be a whole number between -2^53 and 2^53' }).nullish(),
  logprobs: flag.nullish(),
  top_logprobs: wholeBetween(0, limits.maxTopLogprobs).nullish(),
  stream: flag.nullish(),
  stream_options: z.object({ include_usage: flag.nullish() }, { error: 'must be an object' }).nullish(),
});
export type ChatBody = z.infer<typeof ChatBody>;
const honoured: ReadonlySet<string> = new Set(Object.keys(ChatBody.shape));
const Parameters = ChatBody.omit({ messages: true });

/** A chat request and how it wants to be answered. */
export interface ChatRequest {
  readonly inference: InferenceRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const millionths = (ratio: number) => Math.round(ratio * 1_000_000);

/**
 * Reads the body of a chat request. Throws Refusal UNSUPPORTED_PARAMETER for what would have to be ignored, and
 * INVALID_REQUEST for what is wrong.
 */
export function readChatRequest(json: unknown): ChatRequest {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new AssayError('INVALID_REQUEST', 'Its body must be a JSON object.');
  }
  const { messages, ...parameters } = json as Record<string, unknown>;
  refuseUnsupported(parameters, honoured);
  refuseLong(parameters['stop'], limits.maxStops, 'stop');
  const body = readAs(Parameters, parameters, '');
  const stream = body.stream ?? false;
  if (!stream && body.stream_options != null) throw invalid('stream_options', 'needs `stream` to be true');
  if (body.top_logprobs != null && !body.logprobs) throw invalid('top_logprobs', 'needs `logprobs` to be true');
  return {
    inference: {
      model: body.model,
      messages: readMessages(messages),
      maxTokens: maxTokensOf(body),
      temperatureMicro: millionths(body.temperature ?? 1),
      topPMicro: millionths(body.top_p ?? 1),
      seed: body.seed == null ? null : seedOf(body.seed),
      stop: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
      topLogprobs: body.logprobs ? (body.top_logprobs ?? 0) : null,
    },
    stream,
    includeUsage: body.stream_options?.include_usage ?? false,
  };
}

/** A seed is a 32-bit number to the engines: seeds that differ by a multiple of 2^32 are one seed. */
function seedOf(seed: number): number {
  return seed >>> 0;
}

function maxTokensOf({ max_tokens: old, max_completion_tokens: current }: z.infer<typeof Parameters>): number {
  if (old != null && current != null && old !== current) {
    throw invalid('max_tokens', 'and `max_completion_tokens` differ; give one of them');
  }
  return current ?? old ?? defaultMaxTokens;
}

/** One by one, so that the first wrong message ends the reading of a body that holds a hundred thousand. */
function readMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid('messages', 'must be a list of one message or more');
  // §16.6
  refuseLong(messages, limits.maxMessages, 'messages');
  return messages.map((message: unknown, index) => {
    const path = `messages[${index}]`;
    refuseUnsupportedIn(message, path);
    refuseLong((message as { content?: unknown } | null)?.content, maxParts, `${path}.content`);
    return chatMessage(readAs(ChatBodyMessage, message, path));
  });
}

function chatMessage({ role, content }: ChatBody['messages'][number]): ChatMessage {
  return {
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map((part) => part.text).join(''),
  };
}

/** Refuses a list that is too long before a schema looks at each of its members. */
function refuseLong(value: unknown, most: number, param: string): void {
  if (Array.isArray(value) && value.length > most) throw invalid(param, `must be at most ${most} long`);
}

/** `value` as the schema says, or the first thing that is wrong with it, by its path. */
function readAs<T extends z.ZodType>(schema: T, value: unknown, path: string): z.infer<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const inside = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  throw invalid(`${path}${inside.join('')}`.replace(/^\./, ''), issue?.message ?? 'is wrong');
}

function invalid(param: string, must: string): Refusal {
  return new Refusal('INVALID_REQUEST', param, `\`${param}\` ${must}.`);
}
