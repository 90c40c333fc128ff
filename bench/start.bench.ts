import OpenAI from 'openai';
import type { Bench } from './bench.ts';
import { Network } from './network.ts';

export const bench: Bench = {
  id: 8,
  title: 'From npm start to the first answered prompt; installed, model in the cache, new data directory',
  unit: 's',
  target: '10 s, 1 GB in memory',
  compared: false,
  async run() {
    const startedMs = performance.now();
    const seconds = () => (performance.now() - startedMs) / 1000;
    const network = await Network.start();
    try {
      const ready = seconds();
      const client = new OpenAI({ baseURL: network.api, apiKey: network.apiKey });
      const [model] = (await client.models.list()).data;
      if (model === undefined) throw new Error('the network lists no model');
      const stream = await client.chat.completions.create({
        model: model.id,
        messages: [{ role: 'user', content: 'Why is the sky blue?' }],
        max_tokens: 64,
        stream: true,
      });
      let first = 0;
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) first ||= seconds();
      const bytes = network.residentBytes();
      const memory = bytes === null ? '' : `${Math.round(bytes / 1e6)} MB in memory, all processes`;
      return [
        { who: 'ready', value: ready, note: '' },
        { who: 'first token', value: first, note: '' },
        { who: 'answered', value: seconds(), note: memory },
      ];
    } finally {
      await network.stop();
    }
  },
};
