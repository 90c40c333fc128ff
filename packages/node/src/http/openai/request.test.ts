import { InferencePayload, limits } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../refusal.ts';
import { defaultMaxTokens, readChatRequest } from './request.ts';

const messages = [{ role: 'user', content: 'hello' }];
const read = (more: Record<string, unknown>) => readChatRequest({ model: 'echo', messages, ...more });

function refusalOf(body: unknown): { code: string; param: string } {
  try {
    readChatRequest(body);
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, param: error.param };
    throw error;
  }
  throw new Error('the request was not refused');
}
const refused = (more: Record<string, unknown>) => refusalOf({ model: 'echo', messages, ...more });
const unsupported = (param: string) => ({ code: 'UNSUPPORTED_PARAMETER', param });
const invalid = (param: string) => ({ code: 'INVALID_REQUEST', param });

describe('what a chat request honours', () => {
  it('takes the defaults of a bare request', () => {
    expect(read({})).toEqual({
      inference: {
        model: 'echo',
        messages,
        maxTokens: defaultMaxTokens,
        temperatureMicro: 1_000_000,
        topPMicro: 1_000_000,
        seed: null,
        stop: [],
        topLogprobs: null,
      },
      stream: false,
      includeUsage: false,
    });
  });

  it('carries every sampling parameter over, in millionths', () => {
    const { inference } = read({ temperature: 0.7, top_p: 0.95, max_completion_tokens: 7, seed: 5, stop: ['a', 'b'] });
    expect(inference).toMatchObject({
      temperatureMicro: 700_000,
      topPMicro: 950_000,
      maxTokens: 7,
      seed: 5,
      stop: ['a', 'b'],
    });
    expect(read({ temperature: 0, top_p: 0, stop: 'x' }).inference).toMatchObject({
      temperatureMicro: 0,
      topPMicro: 0,
      stop: ['x'],
    });
  });

  it('takes null for every optional parameter as its absence', () => {
    const names = [
      ...['temperature', 'top_p', 'max_tokens', 'max_completion_tokens', 'stop', 'seed', 'logprobs', 'top_logprobs'],
      ...['stream', 'stream_options', 'n', 'tools', 'response_format', 'audio', 'logit_bias', 'user', 'metadata'],
    ];
    expect(read(Object.fromEntries(names.map((name) => [name, null])))).toEqual(read({}));
  });

  it('reads both names of the token limit, and refuses two that differ', () => {
    expect(read({ max_tokens: 9, max_completion_tokens: 9 }).inference.maxTokens).toBe(9);
    expect(read({ max_tokens: 9 }).inference.maxTokens).toBe(9);
    expect(refused({ max_tokens: 9, max_completion_tokens: 10 })).toEqual(invalid('max_tokens'));
  });

  it('makes one 32-bit number of any whole seed: those congruent modulo 2^32 are the same', () => {
    expect(read({ seed: -1 }).inference.seed).toBe(2 ** 32 - 1);
    expect(read({ seed: 2 ** 32 + 7 }).inference.seed).toBe(7);
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        const expected = Number(BigInt.asUintN(32, BigInt(seed)));
        expect(read({ seed }).inference.seed).toBe(expected);
      }),
    );
  });

  it('joins text parts, and knows the developer role as system', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const { inference } = readChatRequest({ model: 'echo', messages: [{ role: 'developer', content: parts }] });
    expect(inference.messages).toEqual([{ role: 'system', content: 'ab' }]);
  });

  it('takes back the message of its own answer as it came', () => {
    const answer = { role: 'assistant', content: 'hi', refusal: null, tool_calls: [], annotations: [], audio: null };
    expect(read({ messages: [...messages, answer, ...messages] }).inference.messages).toHaveLength(3);
  });

  it('asks for alternatives only when logprobs are wanted', () => {
    expect(read({ logprobs: true }).inference.topLogprobs).toBe(0);
    expect(read({ logprobs: true, top_logprobs: 20 }).inference.topLogprobs).toBe(20);
    expect(read({ logprobs: false }).inference.topLogprobs).toBeNull();
    expect(refused({ top_logprobs: 2 })).toEqual(invalid('top_logprobs'));
  });

  it('includes usage in a stream only', () => {
    expect(read({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      includeUsage: true,
    });
    expect(refused({ stream_options: { include_usage: true } })).toEqual(invalid('stream_options'));
  });
});

describe('what a chat request may not ask', () => {
  it.each([
    ['n', 2],
    ['presence_penalty', 0.1],
    ['frequency_penalty', -1],
    ['logit_bias', { 50256: -100 }],
    ['tools', [{ type: 'function', function: { name: 'f' } }]],
    ['tool_choice', 'required'],
    ['functions', [{ name: 'f' }]],
    ['function_call', { name: 'f' }],
    ['response_format', { type: 'json_object' }],
    ['modalities', ['text', 'audio']],
    ['audio', { voice: 'alloy', format: 'mp3' }],
    ['service_tier', 'flex'],
    ['store', true],
    ['metadata', { a: 1 }],
    ['user', 7],
    ['prediction', { type: 'content', content: 'x' }],
    ['reasoning_effort', 'low'],
    ['verbosity', 'high'],
    ['web_search_options', {}],
    ['top_k', 40],
    ['min_p', 0.1],
    ['__proto__', { polluted: true }],
    ['constructor', {}],
    ['toString', 1],
  ])('refuses %s by name', (name, value) => {
    const body = JSON.parse(`{"model":"echo","messages":[],${JSON.stringify(name)}:${JSON.stringify(value)}}`);
    expect(refusalOf(body)).toEqual(unsupported(name));
  });

  it.each([
    ['n', 1],
    ['presence_penalty', 0],
    ['frequency_penalty', 0],
    ['logit_bias', {}],
    ['tools', []],
    ['tool_choice', 'none'],
    ['parallel_tool_calls', true],
    ['functions', []],
    ['response_format', { type: 'text' }],
    ['modalities', ['text']],
    ['service_tier', 'auto'],
    ['store', false],
    ['user', 'u-1'],
    ['safety_identifier', 'u-1'],
    ['prompt_cache_key', 'k'],
    ['metadata', { a: 'b' }],
  ])('accepts %s at a value that changes nothing', (name, value) => {
    expect(read({ [name]: value })).toEqual(read({}));
  });

  it.each([
    [{ role: 'tool', content: 'x', tool_call_id: '1' }, 'messages[0].role'],
    [{ role: 'function', content: 'x', name: 'f' }, 'messages[0].role'],
    [{ role: 'user', content: 'x', name: 'Ada' }, 'messages[0].name'],
    [{ role: 'assistant', content: 'x', tool_calls: [{ id: '1' }] }, 'messages[0].tool_calls'],
    [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }, 'messages[0].content[0].type'],
    [
      { role: 'user', content: [{ type: 'text', text: 'a', cache_control: {} }] },
      'messages[0].content[0].cache_control',
    ],
  ])('refuses the message %j at %s', (message, param) => {
    expect(refused({ messages: [message] })).toEqual(unsupported(param));
  });

  it('refuses unknown stream options', () => {
    expect(refused({ stream: true, stream_options: { x: 1 } })).toEqual(unsupported('stream_options.x'));
    expect(read({ stream: true, stream_options: { include_obfuscation: false } }).stream).toBe(true);
  });
});

describe('what is wrong in a chat request', () => {
  it.each([
    ['model', ''],
    ['model', 7],
    ['model', 'm'.repeat(limits.maxNameBytes + 1)],
    ['messages', []],
    ['messages', 'hello'],
    ['messages[0]', ['hello']],
    ['messages[0].role', [{ content: 'x' }]],
    ['messages[0].content', [{ role: 'assistant', content: null }]],
    ['messages[0].content', [{ role: 'user', content: [] }]],
    ['messages[0].content', [{ role: 'user', content: 'half \ud83d' }]],
    ['temperature', 2.1],
    ['temperature', '1'],
    ['temperature', Number.NaN],
    ['top_p', -0.1],
    ['max_tokens', 0],
    ['max_tokens', 1.5],
    ['max_completion_tokens', limits.maxTokens + 1],
    ['stop', ['a', 'b', 'c', 'd', 'e']],
    ['stop', ''],
    ['stop', 'a'.repeat(limits.maxStopBytes + 1)],
    ['stop[0]', ['€'.repeat(limits.maxStopBytes / 2)]],
    ['messages', Array.from({ length: limits.maxMessages + 1 }, () => messages[0])],
    ['seed', 0.5],
    ['seed', 2 ** 53],
    ['logprobs', 1],
    ['stream', 'true'],
  ])('names %s', (param, value) => {
    const name = param.replace(/\[.*/, '');
    expect(refused({ [name]: value })).toEqual(invalid(param));
  });

  it('names too many alternatives', () => {
    expect(refused({ logprobs: true, top_logprobs: 21 })).toEqual(invalid('top_logprobs'));
  });

  it.each([[null], [[]], ['text'], [7]])('wants an object, not %j', (body) => {
    expect(() => readChatRequest(body)).toThrow('must be a JSON object');
  });

  it('never repeats a long name in full', () => {
    expect(refused({ ['x'.repeat(10_000)]: 1 }).param.length).toBeLessThan(100);
  });
});

describe('what the edge accepts', () => {
  it('fits the message that carries it, at every limit', () => {
    const around = (most: number) => fc.constantFrom(0, 1, most - 1, most, most + 1);
    const body = fc.record({
      messages: around(limits.maxMessages).map((length) => Array.from({ length }, () => messages[0])),
      stop: fc
        .tuple(around(limits.maxStops), around(limits.maxStopBytes), fc.constantFrom('a', '€', '😀', '\ufeff'))
        .map(([length, bytes, text]) => Array.from({ length }, () => text.repeat(bytes))),
      max_tokens: around(limits.maxTokens),
      top_logprobs: around(limits.maxTopLogprobs),
    });
    let accepted = 0;
    fc.assert(
      fc.property(body, (fields) => {
        let request: ReturnType<typeof readChatRequest>['inference'];
        try {
          request = readChatRequest({ model: 'echo', logprobs: true, ...fields }).inference;
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_REQUEST', param: expect.stringMatching(/^(me|st|ma|to)/) });
          return;
        }
        accepted++;
        const payload: InferencePayload = {
          ...InferencePayload.defaultValue(),
          messages: request.messages.map(({ role, content }) => ({ role, content })),
          maxTokens: request.maxTokens,
          stop: [...request.stop],
          topLogprobs: request.topLogprobs ?? 0,
        };
        expect(InferencePayload.deserialize(InferencePayload.serialize(payload)).stop).toHaveLength(
          request.stop.length,
        );
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
