import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openKeystore, passphraseFrom } from './keystore.ts';

const newPath = async () => join(await newDirectory(), 'keys.json');
const wanted = [
  { name: 'mixer-1', bls: true },
  { name: 'payer', bls: false },
];

describe('keystore', () => {
  it('makes keys once and gives the same ones again', async () => {
    const path = await newPath();
    const first = await openKeystore(path, 'secret', wanted);
    const second = await openKeystore(path, 'secret', wanted);
    expect(second.names()).toEqual(wanted);
    expect(['payer', 'payer-1', '__proto__', 'constructor'].map((name) => second.has(name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(second.account('payer').publicKey).toEqual(first.account('payer').publicKey);
    expect(second.committee('mixer-1').publicKey).toEqual(first.committee('mixer-1').publicKey);
    expect(second.account('mixer-1').publicKey).not.toEqual(second.account('payer').publicKey);
  });

  it('adds what is missing and keeps what is there', async () => {
    const path = await newPath();
    const before = await openKeystore(path, 'secret', [{ name: 'payer', bls: false }]);
    const after = await openKeystore(path, 'secret', [
      { name: 'payer', bls: true },
      { name: 'new', bls: false },
    ]);
    const again = await openKeystore(path, 'secret', []);
    expect(after.account('payer').publicKey).toEqual(before.account('payer').publicKey);
    expect(again.names()).toEqual([
      { name: 'payer', bls: true },
      { name: 'new', bls: false },
    ]);
    expect(again.committee('payer').publicKey).toEqual(after.committee('payer').publicKey);
  });

  it('is readable by its owner only, holds no plain secret and leaves no draft behind', async () => {
    const path = await newPath();
    const keys = await openKeystore(path, 'secret', wanted);
    const text = await readFile(path, 'utf8');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(text).not.toContain('payer');
    expect(text).not.toContain(Buffer.from(keys.account('payer').publicKey).toString('base64'));
    expect(await readdir(join(path, '..'))).toEqual(['keys.json']);
  });

  it('refuses a wrong passphrase and leaves the file as it is', async () => {
    const path = await newPath();
    await openKeystore(path, 'secret', wanted);
    const before = await readFile(path, 'utf8');
    const more = [...wanted, { name: 'more', bls: false }];
    await expect(openKeystore(path, 'guess', more)).rejects.toMatchObject({ code: 'KEYS_LOCKED' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('refuses a file that was changed', async () => {
    const path = await newPath();
    await openKeystore(path, 'secret', wanted);
    const file = JSON.parse(await readFile(path, 'utf8'));
    const ciphertext = Buffer.from(file.ciphertext, 'base64');
    ciphertext[40] = (ciphertext[40] ?? 0) ^ 1;
    await writeFile(path, JSON.stringify({ ...file, ciphertext: ciphertext.toString('base64') }));
    await expect(openKeystore(path, 'secret', wanted)).rejects.toMatchObject({ code: 'KEYS_LOCKED' });
  });

  it('refuses a file cut short at any byte, an empty one, and one with another cost', async () => {
    const path = await newPath();
    await openKeystore(path, 'secret', wanted);
    const whole = await readFile(path, 'utf8');
    const costly = whole.replace('"N":32768', '"N":1073741824');
    expect(costly).not.toBe(whole);
    for (const text of ['', whole.slice(0, 20), whole.slice(0, whole.length / 2), whole.slice(0, -3), '[]', costly]) {
      await writeFile(path, text);
      await expect(openKeystore(path, 'secret', wanted)).rejects.toMatchObject({ code: 'KEYS_DAMAGED' });
    }
    await writeFile(path, JSON.stringify({ ...JSON.parse(whole), ciphertext: 'AAAA' }));
    await expect(openKeystore(path, 'secret', wanted)).rejects.toMatchObject({ code: 'KEYS_LOCKED' });
  });

  it('takes the passphrase from the environment', () => {
    expect(passphraseFrom({ ASSAY_PASSPHRASE: 'mine' })).toBe('mine');
    expect(passphraseFrom({})).toBe('assay-devnet');
  });
});
