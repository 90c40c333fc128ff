import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const hostile = ['\ufeff', '\ufffd', '\u200d', '\u202e', '\0', '🧑‍🚀', 'é', '\ufeff\ufeff', '<|im_end|>', ' '];
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const user = (content: string) => ({ role: 'user', content });

/** Where all of the machine's work is taken, anybody may be asked to come back. */
export const later = ['429 TOO_MANY_REQUESTS', '503 NO_MINER'];

interface Attack {
  /** Sends the `n`th of its kind; gives the answer, or null where there can be none. */
  readonly send: (n: number) => Promise<string | null>;
  readonly answer: string;
}

/** Every attack that a client can make, each by itself. */
export function attacksOf({ api, apiKey }: { readonly api: string; readonly apiKey: string }, model: string): Attack[] {
  /** Sends a body as it is. */
  const post = async (text: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<string> => {
    const response = await fetch(`${api}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
      body: text,
      ...(signal === undefined ? {} : { signal }),
    });
    const said = await response.text();
    if (response.ok) return `${response.status}`;
    return `${response.status} ${(JSON.parse(said) as { error: { code: string } }).error.code}`;
  };
  const chat = (change: object) => JSON.stringify({ model, max_tokens: 4, messages: [user('Hello')], ...change });
  const body = (change: object) => () => post(chat(change));
  return [
    {
      send: (n) => post(chat({ stop: [pick(hostile, n)], messages: [user(`${pick(hostile, n)}Hi ${n}`)] })),
      answer: '200',
    },
    {
      send: (n) => post(chat({ messages: [user(`Repeat: ${pick(hostile, n).repeat(8)}`)], temperature: 2 })),
      answer: '200',
    },
    { send: (n) => post(chat({ max_tokens: 1, seed: n })), answer: '200' },
    {
      send: (n) => post(chat({ max_tokens: 64, stream: true }), {}, AbortSignal.timeout(n % 400)).catch(() => null),
      answer: '200',
    },
    { send: () => dawdle(new URL(api)), answer: '' },
    { send: body({ messages: [user('x '.repeat(480_000))] }), answer: '400 CONTEXT_TOO_LONG' },
    { send: body({ messages: Array.from({ length: 1025 }, () => user('Hi')) }), answer: '400 INVALID_REQUEST' },
    { send: body({ stop: ['y'.repeat(257)] }), answer: '400 INVALID_REQUEST' },
    { send: body({ stop: [''] }), answer: '400 INVALID_REQUEST' },
    { send: body({ messages: [{ role: 'assistant', content: '' }] }), answer: '200' },
    { send: body({ max_tokens: 100_000 }), answer: '400 CONTEXT_TOO_LONG' },
    { send: () => post('{"model":'), answer: '400 INVALID_REQUEST' },
    { send: () => post(chat({}), { authorization: 'Bearer no-such-key' }), answer: '401 INVALID_API_KEY' },
    { send: () => post(chat({}), { origin: 'https://elsewhere.example' }), answer: '403 FOREIGN_ORIGIN' },
  ];
}

/** Opens a request and never ends it. */
async function dawdle({ hostname, port }: URL): Promise<null> {
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{');
  await delay(1000);
  socket.destroy();
  return null;
}
