import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@assay/client';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Joining } from './joining.ts';
import { assay, eventually, firstPort, receiptIdOf, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
const dir = join(directory.path, 'network');
const port = String(firstPort);
const shape = ['--validators', '1', '--mixers', '3', '--miners', '1', '--oracles', '1', '--gateways', '1'];

interface Ready {
  readonly api: string;
  readonly apiKey: string;
  readonly invitation: string;
}

describe('a network of many processes, and a miner that joins it from an empty folder', () => {
  let ready: Ready;
  let openai: OpenAI;

  beforeAll(async () => {
    const made = await assay(['network', 'init', '--dir', dir, ...shape, '--engine', 'embedded', '--port', port]);
    expect(made.err + made.out).toContain('8 nodes in');
    const up = await assay(['network', 'up', '--dir', dir, '--json']);
    const last = up.out.trim().split('\n').at(-1) ?? '';
    ready = JSON.parse(last) as Ready;
    openai = new OpenAI({ baseURL: ready.api, apiKey: ready.apiKey, maxRetries: 0 });
  }, 240_000);

  afterAll(async () => {
    await assay(['network', 'down', '--dir', dir]);
    directory.remove();
  }, 60_000);

  const ask = (content: string) =>
    openai.chat.completions.create({
      model: 'SmolLM2-135M-Instruct',
      max_tokens: 8,
      messages: [{ role: 'user', content }],
    });

  it('answers a prompt of the official client, by roles that are processes of their own', async () => {
    const answer = await ask('Say hello.');
    expect(answer.choices[0]?.message.content).not.toBe('');
    const client = createClient({ baseUrl: ready.api.replace(/\/v1$/, '') });
    const receipt = await eventually(async () => {
      const found = await client.getReceipt(receiptIdOf(answer));
      return 'status' in found ? null : found;
    });
    expect(receipt.receipt).toMatchObject({ miner: 0 });
  }, 120_000);

  it('goes on where it was when joining is cut off, pays by the faucet, and serves a task', async () => {
    const data = join(directory.path, 'newcomer');
    const args = [ready.invitation, '--data', data, '--port', '0'];
    const first = new Joining(args);
    await first.until(({ event, name }) => event === 'step' && name === 'configuration');
    await first.end('SIGKILL');
    const keys = readFileSync(join(data, 'keys.json'), 'utf8');
    const second = new Joining(args);
    const registered = await second.until(({ name, state }) => name === 'registered' && state === 'done');
    expect(registered.text).toMatch(/^Registered as miner 1 in block \d+\.$/);
    expect(second.lines.find(({ name, state }) => name === 'funds' && state === 'done')?.text).toContain('11000 units');
    expect(readFileSync(join(data, 'keys.json'), 'utf8')).toBe(keys);
    expect(existsSync(join(data, 'owner-keys.json'))).toBe(true);
    await second.until(({ event }) => event === 'ready');
    const node = JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { api: string };
    const own = createClient({ baseUrl: node.api });
    let asked = 0;
    await eventually(async () => {
      asked += 1;
      await ask(`Say ${asked}.`);
      const { tasks } = await own.getMiner(1);
      return tasks > 0 ? tasks : null;
    });
    const [role] = (await own.getNode()).roles;
    expect(role).toMatchObject({ kind: 'miner', index: 1, running: true, hindrances: [] });
    expect(await second.end('SIGINT')).toBe(0);
  }, 240_000);

  it('takes a mixer, an oracle and a gateway, which then answers for a session that it pays itself', async () => {
    const joined = ['mixer', 'oracle', 'gateway'].map((role, i) => {
      const place = role === 'oracle' ? [] : ['--listen', `127.0.0.1:${Number(port) + 95 + i}`];
      const data = join(directory.path, role);
      const joining = new Joining([ready.invitation, '--role', role, '--data', data, '--port', '0', ...place]);
      onTestFinished(() => void joining.process.kill('SIGKILL'));
      return { role, data, joining };
    });
    for (const { role, joining } of joined) {
      const { text } = await joining.until(({ name, state }) => name === 'registered' && state === 'done');
      expect(text).toMatch(new RegExp(`^Registered as ${role} \\d in block \\d+\\.$`));
      await joining.until(({ event }) => event === 'ready');
    }
    const data = join(directory.path, 'gateway');
    await assay(['keys', '--add', 'session', '--data', data]);
    const terms =
      '--domain 0 --model 0 --home-mixer 0 --deposit 100 --max-task 10 --expiry-height 1000000 --redundancy 1';
    const open = ['tx', 'openSession', '--session-key', 'session', ...terms.split(' '), '--is-background', 'no'];
    expect((await assay([...open, '--from', 'gateway', '--data', data])).code).toBe(0);
    const { apiKey } = JSON.parse((await assay(['api-key', 'new', '1', '--data', data, '--json'])).out);
    const { api } = JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { api: string };
    const own = new OpenAI({ baseURL: `${api}/v1`, apiKey, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say hello.' }];
    const answer = await own.chat.completions.create({ model: 'SmolLM2-135M-Instruct', max_tokens: 8, messages });
    expect(answer.choices[0]?.message.content).not.toBe('');
    for (const { joining } of joined) expect(await joining.end('SIGINT')).toBe(0);
  }, 240_000);

  it('tells how each node is, and of one that died', async () => {
    const status = await assay(['network', 'status', '--dir', dir, '--json']);
    const { nodes } = JSON.parse(status.out) as { nodes: { name: string; state: string; pid: number }[] };
    expect([status.code, nodes.every(({ state }) => state === 'running')]).toEqual([0, true]);
    const oracle = nodes.find(({ name }) => name === 'oracle-1');
    if (oracle === undefined) throw new Error('there is an oracle');
    process.kill(oracle.pid, 'SIGKILL');
    const after = await eventually(async () => {
      const looked = await assay(['network', 'status', '--dir', dir]);
      return looked.code === 1 ? looked : null;
    });
    expect(after.out).toMatch(/oracle-1 +died/);
    const again = await assay(['network', 'up', '--dir', dir, '--json']);
    expect([again.code, again.out.includes('"node":"oracle-1"')]).toEqual([0, true]);
  }, 120_000);

  it('refuses a mistyped invitation, and a folder of another network', async () => {
    const mistyped = await assay(['join', `${ready.invitation.slice(0, -3)}AAA`, '--data', join(directory.path, 'no')]);
    expect([mistyped.code, mistyped.err.includes('mistyped or cut')]).toEqual([2, true]);
    const used = await assay(['join', ready.invitation, '--role', 'oracle', '--data', join(dir, 'miner-1')]);
    expect([used.code, used.err.includes('runs miner, not oracle')]).toEqual([7, true]);
  });

  it('refuses a validator where one node makes all blocks, before anything is paid', async () => {
    const asked = ['--role', 'validator', '--data', join(directory.path, 'no'), '--check-only'];
    const refused = await assay(['join', ready.invitation, ...asked]);
    expect([refused.code, refused.out.includes('there is no place for a validator')]).toEqual([7, true]);
    expect(existsSync(join(directory.path, 'no', 'keys.json'))).toBe(false);
  });
});
