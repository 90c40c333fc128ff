/** An OpenAI-compatible server that answers at once, so that what is measured in front of it is the front alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const head = { id: 'instant', object: 'chat.completion.chunk', created: 0, model: 'instant' };
const event = (part: object): string => `data: ${JSON.stringify({ ...head, ...part })}\n\n`;
const chunk = (delta: object, finish: string | null) =>
  event({ choices: [{ index: 0, delta, finish_reason: finish }] });
const last = event({ choices: [], usage: { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 } });
const words = ['It ', 'is ', 'done', '.'].map((content) => chunk({ content }, null)).join('');
const answer = `${chunk({ role: 'assistant', content: '' }, null)}${words}${chunk({}, 'stop')}${last}data: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ object: 'list', data: [{ id: 'instant', object: 'model', created: 0, owned_by: 'bench' }] }),
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
