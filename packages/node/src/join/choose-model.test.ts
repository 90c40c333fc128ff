import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Genesis } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../models/catalog.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { chooseModel, type ModelWish } from './choose-model.ts';

const [known] = readCatalog().models;
if (known === undefined) throw new Error('the catalogue has a model');
const row = (fileHash: string, name: string, domain = 0) =>
  ({ name, domain, fileHash: fromHex(fileHash) ?? new Uint8Array() }) as Genesis['models'][number];
const network = { models: [row('ab'.repeat(32), 'Strange'), row(known.sha256, known.name)] };
const wish: ModelWish = { domain: 0, model: null, upstream: null, threads: null, home: '/nowhere' };

describe('what a newcomer serves', () => {
  it('is what the network serves and the catalogue has, with its licence', () => {
    const { backend, facts } = chooseModel(network, wish);
    expect(backend).toEqual({ kind: 'file', model: known.name, threads: null });
    expect(facts).toMatchObject({ name: known.name, license: known.license, isHere: false, problem: null });
  });

  it('is said to be here once it is in the cache', async () => {
    const home = await newDirectory();
    mkdirSync(join(home, 'models'));
    writeFileSync(join(home, 'models', known.file), 'weights');
    expect(chooseModel(network, { ...wish, home }).facts?.isHere).toBe(true);
  });

  it('is a file that is named, whose licence nobody says, or a problem where it is not there', async () => {
    const file = join(await newDirectory(), 'own.gguf');
    writeFileSync(file, 'weights');
    expect(chooseModel(network, { ...wish, model: file })).toMatchObject({
      backend: { kind: 'file', model: file },
      facts: { license: null, sizeBytes: 7, isHere: true, problem: null },
    });
    const missing = chooseModel(network, { ...wish, model: `${file}.no` });
    expect(missing.facts?.problem).toContain('There is no file');
  });

  it('is a problem with a cure where no source of it is known, or the domain has none', () => {
    const strange = chooseModel({ models: [row('ab'.repeat(32), 'Strange')] }, wish);
    expect(strange.facts?.problem).toBe(
      'The network serves Strange (SHA-256 abababababab…); this version knows no source of it.',
    );
    expect(chooseModel(network, { ...wish, domain: 7 }).facts?.problem).toContain('no model in this domain');
  });

  it('is what a server has, under the name that the network knows', () => {
    const url = 'http://127.0.0.1:11434/v1';
    const { backend, facts } = chooseModel(network, { ...wish, upstream: { url, model: null } });
    expect([backend, facts]).toEqual([{ kind: 'upstream', url, model: 'Strange', file: null }, null]);
    const named = chooseModel(network, { ...wish, upstream: { url, model: 'theirs' }, model: known.name });
    expect(named.backend).toEqual({ kind: 'upstream', url, model: 'theirs', file: known.name });
    expect(named.facts).toMatchObject({ name: known.name, isHere: false, problem: null });
  });
});
