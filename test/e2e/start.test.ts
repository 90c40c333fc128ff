import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assay, RunningNetwork, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const modelFile = join(
  process.env.ASSAY_HOME ?? join(homedir(), '.assay'),
  'models',
  'SmolLM2-135M-Instruct.Q4_1.gguf',
);
const at = (name: string) => join(directory.path, name);
const up = (...args: string[]) => assay(['up', '--port', '0', ...args]);

describe('starting where something is in the way: a sentence, and a code that never changes', () => {
  it('a port in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => holder.once('listening', listening));
    const { port } = holder.address() as { port: number };
    const ended = await assay(['up', '--port', String(port), '--data', at('port')]);
    holder.close();
    expect(ended.code).toBe(6);
    expect(ended.err).toContain(`127.0.0.1:${port}`);
    expect(ended.err).toContain('--port 0');
  });

  it('a model file cut short', async () => {
    copyFileSync(modelFile, at('short.gguf'));
    truncateSync(at('short.gguf'), 1_000_000);
    const ended = await up('--model', at('short.gguf'), '--data', at('short'));
    expect(ended.code).toBe(8);
    expect(ended.err).toContain('short.gguf');
  });

  it('no such model, and nobody to fetch it from', async () => {
    const missing = await up('--model', at('missing.gguf'), '--data', at('missing'));
    expect(missing.code).toBe(8);
    const unknown = await up('--model', 'no-such-model', '--data', at('unknown'));
    expect(unknown.code).toBe(8);
    expect(unknown.err).toContain('no-such-model');
  });

  it('a directory that holds something else, which it leaves alone', async () => {
    mkdirSync(at('photos'));
    writeFileSync(at('photos/holiday.txt'), 'sun');
    const ended = await up('--fresh', '--data', at('photos'));
    expect(ended.code).toBe(7);
    expect(readFileSync(at('photos/holiday.txt'), 'utf8')).toBe('sun');
  });

  it('a directory in which somebody planted a link, which is not written through', async () => {
    mkdirSync(at('open'));
    writeFileSync(at('authorized_keys'), 'ssh');
    writeFileSync(at('open/lock.pid'), '');
    symlinkSync(at('authorized_keys'), at('open/node.log'));
    chmodSync(at('open'), 0o777);
    const ended = await up('--data', at('open'));
    expect([ended.code, readFileSync(at('authorized_keys'), 'utf8')]).toEqual([7, 'ssh']);
    expect(ended.err).toContain('node.log is a link');
  });

  it('a directory in use, of another model or preset, with a wrong passphrase or a broken genesis', async () => {
    const network = await RunningNetwork.start({ dataDir: at('used'), args: ['--context', '512'] });
    const second = await up('--data', at('used'));
    expect(second.code).toBe(7);
    expect(second.err).toContain(String(network.process.pid));
    expect(await network.stop()).toBe(0);

    const other = at('other.gguf');
    copyFileSync(modelFile, other);
    const mismatch = await up('--model', other, '--data', at('used'));
    expect(mismatch.code).toBe(7);
    expect(mismatch.err).toContain('--fresh');

    const preset = await up('--preset', 'performance', '--data', at('used'));
    expect(preset.code).toBe(7);
    expect(preset.err).toContain('--preset');
    const set = await up('--set', 'epochBlocks=33', '--data', at('used'));
    expect([set.code, set.err.includes('--set')]).toEqual([7, true]);
    const context = await up('--context', '1024', '--data', at('used'));
    expect([context.code, context.err.includes('a context of 512 tokens, not 1024')]).toEqual([7, true]);

    const locked = await assay(['up', '--port', '0', '--data', at('used')], { ASSAY_PASSPHRASE: 'not this one' });
    expect(locked.code).toBe(7);

    const genesis = readFileSync(at('used/genesis.json'), 'utf8');
    writeFileSync(at('used/genesis.json'), genesis.replace('"assay-devnet"', '"assay-elsewhere"'));
    const elsewhere = await up('--data', at('used'));
    expect(elsewhere.code).toBe(7);
    writeFileSync(at('used/genesis.json'), genesis.slice(0, 100));
    const broken = await up('--data', at('used'));
    expect(broken.code).toBe(7);
    expect(broken.err).toContain('genesis.json');
    writeFileSync(at('used/genesis.json'), genesis);

    for (const part of ['chain', 'keys.json', 'genesis.json', 'api-keys.json']) {
      renameSync(at(`used/${part}`), at('aside'));
      const lacking = await up('--data', at('used'));
      expect([lacking.code, existsSync(at(`used/${part}`))]).toEqual([7, false]);
      expect(lacking.err).toMatch(new RegExp(`${part}/? is not there`));
      renameSync(at('aside'), at(`used/${part}`));
    }

    truncateSync(at('used/chain/data.mdb'), 3 * 4096);
    const damaged = await up('--data', at('used'));
    expect(damaged.code).toBe(7);
    expect(damaged.err).toContain('The stored chain is damaged; restore');
  }, 120_000);

  it('an upstream that does not answer', async () => {
    const ended = await up('--upstream', 'http://127.0.0.1:9/v1', '--data', at('upstream'));
    expect(ended.code).not.toBe(0);
    expect(ended.err).toContain('http://127.0.0.1:9/v1');
  });
});

describe('the inference process', () => {
  it('may be killed: the task ends with an answer or an error, and the next prompt is answered', async () => {
    const network = await RunningNetwork.start({ dataDir: at('killed') });
    const model = (await network.openai.models.list()).data[0]?.id ?? '';
    const stream = await network.openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Write a long story about a river.' }],
      max_tokens: 120,
      seed: 5,
      stream: true,
    });
    let text = '';
    const failed = await (async () => {
      for await (const chunk of stream) {
        if (text === '') spawn('pkill', ['-9', '-P', String(network.process.pid)]);
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return null;
    })().catch((error: unknown) => error);
    if (failed !== null) expect(failed).toHaveProperty('code');
    else expect(text.length).toBeGreaterThan(40);
    const next = await network.openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'And now?' }],
      max_tokens: 8,
    });
    expect(next.choices[0]?.message.content).not.toBe('');
    expect(await network.stop()).toBe(0);
  }, 120_000);
});

describe('API keys', () => {
  it('are issued and revoked while the node runs, and the next start prints one that works', async () => {
    const dataDir = at('api-keys');
    const origin = 'https://app.example';
    const network = await RunningNetwork.start({ dataDir, args: ['--cors', origin] });
    const page = await fetch(`${network.api.replace(/\/v1$/, '')}/assay/v1/status`, { headers: { origin } });
    expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    const asked = async (apiKey: string) =>
      (await fetch(`${network.api}/models`, { headers: { authorization: `Bearer ${apiKey}` } })).status;
    const command = async (...args: string[]) =>
      JSON.parse((await assay(['api-key', ...args, '--json', '--data', dataDir])).out);
    const issued = await command('new', '0');
    expect(issued).toMatchObject({ session: 0, number: 1 });
    expect([await asked(network.apiKey), await asked(issued.apiKey)]).toEqual([200, 200]);
    const left = [
      { number: 0, apiKey: null },
      { number: 1, apiKey: issued.apiKey },
    ];
    expect((await command('revoke', '0', '0')).keys).toEqual(left);
    expect((await command('list', '0')).keys).toEqual(left);
    expect([await asked(network.apiKey), await asked(issued.apiKey)]).toEqual([401, 200]);
    expect((await command('revoke', '0', '9')).error.code).toBe('notFound');
    expect(await network.stop()).toBe(0);
    const again = await RunningNetwork.start({ dataDir });
    expect(again.apiKey).toBe(issued.apiKey);
    expect(await again.stop()).toBe(0);
  }, 120_000);
});
