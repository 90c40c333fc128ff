import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { openKeystore } from '@assay/node/keys/keystore';
import { Genesis, TransactionBody } from '@assay/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commands } from './commands.ts';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';
import { committeeFiles } from './receipts.fixture.ts';

const bin = fileURLToPath(new URL('../bin/assay.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'assay-cli-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly note: string;
}

/** Runs a command in a home of its own, in this process. */
async function assay(words: readonly string[]): Promise<Ended> {
  const streams = { out: new PassThrough(), note: new PassThrough() };
  const code = await runProgram(words, { terminal: streams, environment: { ASSAY_HOME: root } });
  const read = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, out: read(streams.out), note: read(streams.note) };
}

/** Runs the command as a person does, in a process of its own. */
function assayProcess(words: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...words], { env: { PATH: process.env['PATH'], ASSAY_HOME: root } });
    let out = '';
    let note = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      note += text;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, out, note }));
    child.stdin.end(input);
  });
}

/** A port of this machine on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const failureDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), exitCode: z.int(), message: z.string() }),
});

describe('wrong usage', () => {
  const id = 'ab'.repeat(32);
  it.each([
    [[], 'Name a command; `assay --help` lists them.'],
    [['explain'], 'Name a command; `assay explain --help` lists them.'],
    [['stats'], "unknown command 'stats'\n(Did you mean status?)"],
    [['status', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
    [['task'], "missing required argument 'id'"],
    [['task', 'zz'], '"zz" is no task id: 64 hexadecimal digits, as `assay tasks` lists them.'],
    [['receipt', 'get', `${id}0`], `"${id}0" is no task id: 64 hexadecimal digits, as \`assay tasks\` lists them.`],
    [['tasks', '--limit', '0'], '--limit takes a whole number from 1 to 1000, not "0".'],
    [['balance', 'assay1qqqq'], '"assay1qqqq" is no address (assay1…), or was mistyped: its checksum is wrong.'],
    [['prove', 'epoch', '1'], 'There are proofs of an account, a session, a miner, a task and a payout.'],
    [['prove', 'session', 'x'], 'A session, miner or payout takes a whole number from 0 to 4294967295, not "x".'],
    [['chat', ''], 'The prompt is empty.'],
    [['chat', 'hi', '--temperature', '3'], '--temperature takes a number from 0 to 2, not "3".'],
    [['up', '--cors', 'app.example'], '--cors takes an origin such as https://app.example, not "app.example".'],
    [['up', '--allow-host', 'a:1'], '--allow-host takes a name such as node.example, without a port, not "a:1".'],
    [['up', '--adversary', 'cheat'], 'There is no adversary "cheat". There are:\n  requantised: It claims'],
    [['up', '--adversary', 'padder:2'], 'The share of the miners that attack is a number above 0, up to 1, not "2".'],
    [
      ['up', '--adversary', 'padder', '--upstream', 'http://x'],
      '--adversary is for the built-in backend, not for --upstream.',
    ],
    [['roles', 'pause', 'miner 1'], 'A role can be told to stop or to start.'],
    [['roles', 'stop'], 'Name the role: assay roles stop NAME.'],
    [
      ['receipt', 'verify', 'x', '--genesis', 'a', '--committee', 'b'],
      'Give either --genesis or --committee, not both.',
    ],
    [['status', '--api', 'nowhere'], '"nowhere" is not a URL; an address looks like http://127.0.0.1:4010.'],
    [['tx', 'transferr'], '"transferr" is no kind of transaction; `assay tx` lists them.'],
    [
      ['tx', 'transfer', '--fee', 'none'],
      '--fee takes an amount in units up to 18446744073, with up to nine decimals, not "none".',
    ],
    [['keys', '--committee'], 'Name the key that is made for a mixer: assay keys --committee --add NAME.'],
    [['schema', 'stats'], '"stats" is no command with a schema'],
  ])('of %j ends with its own status and a sentence', async (words, sentence) => {
    const { code, out, note } = await assay(words);
    expect(note).toContain(sentence);
    expect(note).not.toContain('    at ');
    expect(out).toBe('');
    expect(code).toBe(exitCodes.usage.code);
  });

  it('shows where it happened only when asked', async () => {
    const { note } = await assay(['chat', '', '--verbose']);
    expect(note).toContain('    at ');
  });

  it('answers in JSON when asked', async () => {
    const { code, out, note } = await assayProcess(['task', 'zz', '--json']);
    expect(failureDocument.parse(JSON.parse(out)).error).toMatchObject({ code: 'usage', exitCode: code });
    expect(note).toBe('');
  });
});

describe('without a node', () => {
  it.each([['status'], ['tasks'], ['committee'], ['roles']])('%s says how to start one', async (word) => {
    const { code, note } = await assay([word]);
    expect(note).toContain('No node runs on');
    expect(note).toContain('`npm start`');
    expect(code).toBe(exitCodes.unreachable.code);
  });

  it('says which address does not answer', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    for (const words of [['status'], ['task', 'ab'.repeat(32)]]) {
      const { code, out } = await assay([...words, '--json', '--api', `${url}/v1`]);
      const { error } = failureDocument.parse(JSON.parse(out));
      expect(error.message).toBe(`No node answers at ${url}. Is it running? Start one with \`npm start\`.`);
      expect([error.code, error.exitCode, code]).toEqual(['NODE_NOT_REACHABLE', 3, 3]);
    }
  });

  it('chat says the same, and asks for a key first', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    const keyless = await assay(['chat', 'hi', '--api', url]);
    expect(keyless.note).toContain('No API key');
    expect(keyless.code).toBe(exitCodes.usage.code);
    const dataDir = join(root, 'one-that-ran');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'node.json'), JSON.stringify({ api: url, apiKey: 'k' }));
    const { code, note } = await assay(['chat', 'hi', '--data', dataDir]);
    expect(note).toContain(`No node answers at ${url}.`);
    expect(code).toBe(exitCodes.unreachable.code);
  });

  it('keys says where there are none', async () => {
    const { code, note } = await assay(['keys', '--data', join(root, 'nothing')]);
    expect(note).toContain('nothing holds no keys.');
    expect(code).toBe(exitCodes.notFound.code);
  });

  it.each([[['explain', 'payout', 'miner-9', '0']], [['balance', 'miner-9', '--api', 'http://127.0.0.1:9']]])(
    '%j says that it is neither an address nor a key',
    async (words) => {
      const dataDir = join(root, 'with-keys');
      mkdirSync(dataDir, { recursive: true });
      await openKeystore(join(dataDir, 'keys.json'), 'assay-devnet', [{ name: 'miner-1', bls: false }]);
      const { code, note } = await assay([...words, '--data', dataDir]);
      expect(note).toContain(`"miner-9" is no address (assay1…), and no key of ${dataDir}`);
      expect(code).toBe(exitCodes.notFound.code);
    },
  );

  it('keys makes one more, beside those there are, and none where there are none', async () => {
    const dataDir = join(root, 'with-keys');
    mkdirSync(dataDir, { recursive: true });
    await openKeystore(join(dataDir, 'keys.json'), 'assay-devnet', [{ name: 'miner-1', bls: false }]);
    const { out } = await assay(['keys', '--add', 'mixer-9', '--committee', '--json', '--data', dataDir]);
    const kinds = JSON.parse(out).keys.map(({ name, kind }: { name: string; kind: string }) => `${name} ${kind}`);
    expect(kinds).toEqual(['miner-1 account', 'mixer-9 committee']);
    expect((await assay(['keys', '--add', 'Mixer 9', '--data', dataDir])).code).toBe(exitCodes.usage.code);
    expect((await assay(['keys', '--add', 'x', '--data', join(root, 'none')])).code).toBe(exitCodes.notFound.code);
  });

  it('tx lists the kinds of transactions', async () => {
    const { code, out } = await assay(['tx', '--json']);
    const { kinds } = JSON.parse(out);
    expect(kinds.map(({ kind }: { kind: string }) => kind)).toEqual(TransactionBody.kinds);
    expect(kinds[0].options[1]).toEqual({
      option: '--amount <UNITS>',
      takes: 'an amount in units up to 18446744073, with up to nine decimals',
    });
    expect(code).toBe(0);
  });
});

describe('receipt verify', () => {
  const files = committeeFiles();
  const write = (name: string, json: unknown): string => {
    const path = join(root, name);
    writeFileSync(path, JSON.stringify(json));
    return path;
  };
  const genesis = write('genesis.json', Genesis.toJson(files.genesis));
  const committee = write('committee.json', files.committee);
  const good = write('good.json', files.receipt);

  it('accepts a good receipt under the genesis and under the committee, offline', async () => {
    for (const trust of [
      ['--genesis', genesis],
      ['--committee', committee],
    ]) {
      const { code, out } = await assay(['receipt', 'verify', good, ...trust]);
      expect(out).toMatch(
        /^Valid\. 3 of 4 mixers of assay-cli-test certified in epoch 0 that miner 1 answered task 0x/,
      );
      expect(out).toContain('it does not prove that the answer is right');
      expect(code).toBe(0);
    }
  });

  it('reads standard input, and trusts the data directory by default', async () => {
    const dataDir = join(root, 'devnet');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'genesis.json'), readFileSync(genesis));
    const { code, out } = await assayProcess(['receipt', 'verify', '-', '--json'], readFileSync(good, 'utf8'));
    expect(JSON.parse(out)).toMatchObject({ valid: true, reasons: [], trusted: { chainId: 'assay-cli-test' } });
    expect(code).toBe(0);
  });

  it('refuses a tampered and a foreign receipt with a status of its own', async () => {
    const tampered = write('tampered.json', { ...files.receipt, receipt: { ...files.receipt.receipt, miner: 2 } });
    const foreign = write('foreign.json', { ...files.receipt, chainId: 'another' });
    for (const [file, reason] of [
      [tampered, 'Merkle path does not lead'],
      [foreign, 'of the chain "another"'],
    ] as const) {
      const { code, out } = await assayProcess(['receipt', 'verify', file, '--genesis', genesis]);
      expect(out).toMatch(/^Not valid\. The receipt proves nothing: /);
      expect(out).toContain(reason);
      expect(code).toBe(exitCodes.verification.code);
    }
  });

  it('tells a file that is no receipt, no JSON, or not there', async () => {
    const text = join(root, 'text');
    writeFileSync(text, 'hello');
    const cases = [
      [write('other.json', { a: 1 }), 'This is not a portable receipt', exitCodes.verification],
      [text, 'is not JSON', exitCodes.usage],
      [join(root, 'absent'), 'cannot be read', exitCodes.notFound],
    ] as const;
    for (const [file, sentence, { code }] of cases) {
      const ended = await assay(['receipt', 'verify', file, '--genesis', genesis]);
      expect(ended.note).toContain(sentence);
      expect(ended.code).toBe(code);
    }
    const ended = await assay(['receipt', 'verify', good, '--committee', good]);
    expect(ended.note).toContain('This is not a committee');
    expect(ended.code).toBe(exitCodes.usage.code);
  });
});

describe('schemas', () => {
  it.each(commands.map(({ name }) => name).filter((name) => name !== 'schema'))('of %s is published', async (name) => {
    const { code, out } = await assay(['schema', ...name.split(' '), '--json']);
    expect(JSON.parse(out)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
    expect(code).toBe(0);
  });

  it('arrive whole at a slow reader', async () => {
    const child = spawn(process.execPath, [bin, 'schema', 'task'], { env: { PATH: process.env['PATH'] } });
    await once(child.stdout, 'readable');
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ anyOf: expect.any(Array) });
  });

  it('describe what a command answers', async () => {
    const good = committeeFiles();
    const genesis = join(root, 'for-schema.json');
    writeFileSync(genesis, JSON.stringify(Genesis.toJson(good.genesis)));
    const receipt = join(root, 'receipt-for-schema.json');
    writeFileSync(receipt, JSON.stringify(good.receipt));
    const { out } = await assay(['receipt', 'verify', receipt, '--json', '--genesis', genesis]);
    const { out: published } = await assay(['schema', 'receipt', 'verify']);
    z.fromJSONSchema(JSON.parse(published)).parse(JSON.parse(out));
    const { out: failed } = await assay(['task', 'zz', '--json']);
    const { out: failure } = await assay(['schema', 'failure']);
    z.fromJSONSchema(JSON.parse(failure)).parse(JSON.parse(failed));
  });
});
