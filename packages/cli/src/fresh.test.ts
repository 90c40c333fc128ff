import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agreeToFresh, requireDataDirectory } from './fresh.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-fresh-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a data directory', () => {
  it('may be absent, empty, or hold a network', () => {
    expect(() => requireDataDirectory(join(root, 'absent'))).not.toThrow();
    expect(() => requireDataDirectory(root)).not.toThrow();
    mkdirSync(join(root, 'chain'));
    writeFileSync(join(root, 'keys.json'), '{}');
    expect(() => requireDataDirectory(root)).not.toThrow();
  });

  it('may not hold anything else, nor be a file', () => {
    const file = join(root, 'thesis.tex');
    writeFileSync(file, '');
    expect(() => requireDataDirectory(root)).toThrow(/holds files, but no Assay network .* nothing was touched/);
    expect(() => requireDataDirectory(file)).toThrow(/cannot be read as a directory/);
  });
});

describe('agreeToFresh', () => {
  it('says what is deleted where nobody can answer, and nothing when there is nothing', async () => {
    const terminal = { out: new PassThrough(), note: new PassThrough() };
    expect(await agreeToFresh(root, { terminal, json: false })).toBe(false);
    writeFileSync(join(root, 'genesis.json'), '{}');
    expect(await agreeToFresh(root, { terminal, json: false })).toBe(true);
    expect(String(terminal.note.read())).toBe(
      `This deletes the chain, the keys and the receipts in ${root}, for good.\n`,
    );
  });
});
