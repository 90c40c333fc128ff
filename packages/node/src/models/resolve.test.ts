import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeTinyModel } from '../inference/gguf/tiny.ts';
import { type CatalogModel, readCatalog } from './catalog.ts';
import { downloadFromHub } from './hub.ts';
import { cachePath, fetchModel, type ModelProgress, resolveModel } from './resolve.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const model: CatalogModel = {
  name: 'test-model',
  file: 'test.gguf',
  sha256,
  sizeBytes: content.length,
  license: 'Apache-2.0',
  quantisation: 'Q4_1',
  sources: [
    { type: 'hub', repository: 'first/one', file: 'test.gguf' },
    { type: 'hub', repository: 'second/two', file: 'test.gguf' },
  ],
  profiles: [],
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let home = '';
let server: Server;
let origin = '';
let answers: Record<string, Answer> = {};
let requests: string[] = [];
let cutConnection = () => {};

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'models-'));
  answers = {};
  requests = [];
  cutConnection = () => {};
  server = createServer((request, response) => {
    const repository = request.url?.split('/').slice(1, 3).join('/') ?? '';
    requests.push(`${repository} ${request.headers.range ?? ''}`.trim());
    const answer = answers[repository];
    if (answer !== undefined) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('HF_ENDPOINT', origin);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Serves `content` as a hub does: whole, or the part asked for. */
const whole: Answer = (request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = content.subarray(from);
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...(from > 0 ? range : {}) }).end(part);
};
const withoutRanges: Answer = (_, response) =>
  response.writeHead(200, { 'content-length': content.length }).end(content);
/** Sends the first third; the rest of the connection is cut once the client has got some of it. */
const breakingOff: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, 100_000));
  cutConnection = () => response.destroy();
};
const altered: Answer = (_, response) => response.writeHead(200).end(Buffer.from(content).fill(7, 5000, 5001));

async function fetchTestModel() {
  const progress: ModelProgress[] = [];
  const notices: string[] = [];
  const onProgress = (one: ModelProgress) => {
    progress.push(one);
    cutConnection();
  };
  const onNotice = (sentence: string) => notices.push(sentence);
  const found = await fetchModel(model, { home, onProgress, onNotice });
  return { found, progress, notices };
}

const filesInCache = () => readdir(join(home, 'models'));
async function putInCache(name: string, bytes: Buffer) {
  const path = join(dirname(cachePath(model, home)), name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
const partName = `test.gguf.${sha256.slice(0, 8)}.part`;

describe('a model of the catalogue', () => {
  it('comes from the first source that has it, and then from the cache', async () => {
    answers['first/one'] = whole;
    const { found, progress } = await fetchTestModel();
    expect(found).toEqual({ name: 'test-model', path: cachePath(model, home), fileHash: sha256, sizeBytes: 300_000 });
    expect(await readFile(found.path)).toEqual(content);
    expect(progress.at(-1)).toEqual({ name: 'test-model', doneBytes: 300_000, totalBytes: 300_000 });
    expect(await filesInCache()).toEqual(['test.gguf']);
    await fetchTestModel();
    expect(requests).toEqual(['first/one']);
  });

  it('goes on where a download broke off', async () => {
    answers['first/one'] = breakingOff;
    await expect(fetchTestModel()).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    expect(await filesInCache()).toEqual([partName]);
    answers['first/one'] = whole;
    const { found } = await fetchTestModel();
    expect(await readFile(found.path)).toEqual(content);
    expect(requests.at(-1)).toMatch(/^first\/one bytes=[1-9]\d*-$/);
  });

  it('begins again at a server that cannot send a part', async () => {
    await putInCache(partName, content.subarray(0, 1000));
    answers['first/one'] = withoutRanges;
    const { found } = await fetchTestModel();
    expect(await readFile(found.path)).toEqual(content);
  });

  it('fetches again from the first byte when what was left of an earlier download is wrong', async () => {
    await putInCache(partName, Buffer.alloc(1000));
    answers['first/one'] = whole;
    const { found } = await fetchTestModel();
    expect(await readFile(found.path)).toEqual(content);
    expect(requests).toEqual(['first/one bytes=1000-', 'first/one']);
  });

  it('refuses a file with another hash and tries the next source', async () => {
    answers['first/one'] = altered;
    answers['second/two'] = whole;
    const { found, notices } = await fetchTestModel();
    expect(await readFile(found.path)).toEqual(content);
    expect(notices).toEqual([expect.stringContaining('first/one has a file whose SHA-256 is not the registered one')]);
  });

  it('sets a damaged file of the cache aside and fetches it again', async () => {
    await putInCache('test.gguf', content.subarray(1));
    answers['first/one'] = whole;
    const { found, notices } = await fetchTestModel();
    expect(await readFile(found.path)).toEqual(content);
    expect((await filesInCache()).sort()).toEqual(['test.gguf', 'test.gguf.corrupt']);
    expect(notices).toEqual([expect.stringContaining('is damaged')]);
  });

  it('names every source and three ways on when none has it', async () => {
    answers['second/two'] = (_, response) => response.writeHead(200, { 'content-length': 3 }).end('abc');
    await expect(fetchTestModel()).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(
        new RegExp(
          [
            'first/one answered 404 Not Found\\.',
            'second/two has a file of 3 bytes there, not of 300000\\.',
            '--model FILE',
            '--upstream URL',
            'copy test\\.gguf',
          ].join('[\\s\\S]*'),
        ),
      ),
    });
  });

  it('says that the disk is full before it fetches anything', async () => {
    const huge = { ...model, sizeBytes: Number.MAX_SAFE_INTEGER };
    await expect(fetchModel(huge, { home })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('ASSAY_HOME'),
    });
    expect(requests).toEqual([]);
  });
});

describe('a hub', () => {
  const fetching = () => ({ partPath: join(home, 'x.part'), sizeBytes: content.length, onBytes: () => undefined });

  it('is passed over when it does not begin to answer', async () => {
    answers['slow/one'] = () => undefined;
    const patience = { firstByteMs: 50, nextByteMs: 10_000 };
    await expect(downloadFromHub(`${origin}/slow/one`, fetching(), patience)).rejects.toThrow(
      'did not answer for 0.05 s',
    );
  });

  it('is given up when it falls silent', async () => {
    answers['slow/one'] = (_, response) => response.writeHead(200).write('x');
    const patience = { firstByteMs: 10_000, nextByteMs: 50 };
    await expect(downloadFromHub(`${origin}/slow/one`, fetching(), patience)).rejects.toThrow(
      'did not answer for 0.05 s',
    );
  });

  it('is given up when it sends more than the file has', async () => {
    answers['long/one'] = (_, response) => response.writeHead(200).end(Buffer.concat([content, content]));
    await expect(downloadFromHub(`${origin}/long/one`, fetching())).rejects.toThrow('sent more than the file has');
  });

  it('that is not there is said to be so', async () => {
    const closed = 'http://127.0.0.1:1';
    await expect(downloadFromHub(closed, fetching())).rejects.toThrow(/^cannot be reached/);
  });
});

describe('resolveModel', () => {
  it('takes any GGUF file by its path', async () => {
    const path = join(home, 'mine.gguf');
    await writeTinyModel(path);
    const found = await resolveModel(path, { home });
    expect(found).toMatchObject({ name: 'mine', path });
    expect(found.fileHash).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  });

  it.each([
    ['is missing', 'none.gguf', null, 'does not exist'],
    ['is no model', 'text.gguf', 'hello', 'is not a GGUF model'],
    ['is cut short', 'cut.gguf', 'GGUF\x03\0\0\0', 'is cut short'],
  ])('says that a file %s', async (_, name, text, sentence) => {
    const path = join(home, name);
    if (text !== null) await writeFile(path, text);
    await expect(resolveModel(path, { home })).rejects.toMatchObject({
      code: 'MODEL_FILE_UNUSABLE',
      message: expect.stringContaining(sentence),
    });
  });

  it('lists the catalogue for a name it does not know', async () => {
    await expect(resolveModel('gpt-9', { home })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('SmolLM2-135M-Instruct'),
    });
  });
});

describe('the catalogue', () => {
  it('has a default model with a hash, a licence and sources', () => {
    const { default: name, models } = readCatalog();
    expect(models.find((one) => one.name === name)).toMatchObject({ license: 'Apache-2.0', quantisation: 'Q4_1' });
  });

  it('refuses a file that is not one', async () => {
    const path = join(home, 'catalog.json');
    await writeFile(path, JSON.stringify({ default: 'a', models: [{ ...model, sha256: 'abc' }] }));
    expect(() => readCatalog(path)).toThrow();
  });
});
