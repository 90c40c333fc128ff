import { setTimeout as delay } from 'node:timers/promises';
import OpenAI from 'openai';
import { receiptIdOf } from '../e2e/network.ts';

/** What users got of a network that has faults. */
export interface Heard {
  /** Ids of the tasks whose answers came whole. */
  readonly whole: Set<string>;
  /** Requests that ended in an error, by its code. */
  readonly failed: Map<string, number>;
}

/** Asks one prompt after the other until it is over; half of the answers are streamed. */
export async function ask(
  { api, apiKey }: { readonly api: string; readonly apiKey: string },
  heard: Heard,
  isOver: () => boolean,
): Promise<void> {
  const client = new OpenAI({ baseURL: api, apiKey, maxRetries: 0, timeout: 60_000 });
  for (let n = 0; !isOver(); n++) {
    try {
      heard.whole.add(n % 2 === 0 ? await whole(client) : await streamed(client));
    } catch (error) {
      const code = error instanceof OpenAI.APIError && error.code ? error.code : (error as Error).constructor.name;
      heard.failed.set(code, (heard.failed.get(code) ?? 0) + 1);
      await delay(500);
    }
    await delay(200);
  }
}

const request = { messages: [{ role: 'user' as const, content: 'Name three colours.' }], max_tokens: 24 };

async function modelOf(client: OpenAI): Promise<string> {
  return (await client.models.list()).data[0]?.id ?? '';
}

async function whole(client: OpenAI): Promise<string> {
  return receiptIdOf(await client.chat.completions.create({ ...request, model: await modelOf(client) }));
}

async function streamed(client: OpenAI): Promise<string> {
  const stream = await client.chat.completions.create({ ...request, model: await modelOf(client), stream: true });
  let receipt = '';
  let isEnded = false;
  for await (const chunk of stream) {
    isEnded ||= chunk.choices[0]?.finish_reason != null;
    if ('assay' in chunk) receipt = receiptIdOf(chunk);
  }
  if (!isEnded || receipt === '') throw new Error('the answer stopped in the middle');
  return receipt;
}
