import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LightQuestion, LightService, pathOf } from './light-service.ts';

const dir = mkdtempSync(join(tmpdir(), 'assay-light-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let sockets = 0;

/** What a service says to this, and what it asked for it. */
async function answered(body: string, said: string) {
  const asked: LightQuestion[] = [];
  const socketPath = join(dir, `light-${sockets++}`);
  const service = await LightService.open(socketPath, async (question) => {
    asked.push(question);
    return said;
  });
  onTestFinished(() => service.close());
  const response = await new Promise<{ statusCode?: number | undefined; body: string }>((resolve, reject) => {
    const sent = request({ socketPath, method: 'POST', path: '/' }, async (answer) => {
      resolve({ statusCode: answer.statusCode, body: await text(answer) });
    });
    sent.once('error', reject).end(body);
  });
  return { ...response, asked };
}

const call = (method: string, params: object) => JSON.stringify({ jsonrpc: '2.0', id: 3, method, params });

describe('what the light client of a CometBFT asks §18.9', () => {
  it('is asked of others, and answered with its number and nothing of theirs but result or error', async () => {
    const said = JSON.stringify({ id: -1, result: { total: '101' }, more: 1 });
    const params = { height: '5', page: '2', per_page: '100' };
    const { body, asked } = await answered(call('validators', params), said);
    expect(asked).toEqual([{ method: 'validators', height: 5, page: 2 }]);
    expect(JSON.parse(body)).toEqual({ jsonrpc: '2.0', id: 3, result: { total: '101' } });
  });

  it.each([
    ['another method', call('broadcast_evidence', { height: '5' })],
    ['no height', call('commit', {})],
    ['no question', '{'],
    ['more than a question', call('commit', { height: '5', more: 'x'.repeat(5000) })],
  ])('is refused where it is %s', async (_, body) => {
    const { statusCode, asked } = await answered(body, '{}');
    expect([statusCode, asked]).toEqual([502, []]);
  });

  it('is asked where CometBFT answers it', () => {
    expect(pathOf({ method: 'commit', height: 5, page: 1 })).toBe('/commit?height=5');
    expect(pathOf({ method: 'validators', height: 5, page: 2 })).toBe('/validators?height=5&page=2&per_page=100');
  });
});
