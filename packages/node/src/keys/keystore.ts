import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AssayError } from '@assay/protocol';
import { z } from 'zod';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '../crypto/signers.ts';
import { writeDurably } from '../store/durable-file.ts';

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Version 1 has one cost: a file that asks for another could otherwise make the node compute for hours. */
const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const KeyFile = z.strictObject({
  version: z.literal(1),
  kdf: z.strictObject({ name: z.literal('scrypt'), N: z.literal(cost.N), r: z.literal(cost.r), p: z.literal(cost.p) }),
  salt: base64,
  nonce: base64,
  ciphertext: base64,
});
const Entries = z.record(z.string(), z.strictObject({ seed: base64, bls: base64.nullable() }));
type Entries = z.infer<typeof Entries>;

/** A key the node needs: an Ed25519 account key, and for a committee member a BLS key. */
export interface KeyName {
  readonly name: string;
  readonly bls: boolean;
}

/** The opened keys of a node. */
export class Keystore {
  readonly #entries: ReadonlyMap<string, Entries[string]>;

  constructor(entries: Entries) {
    this.#entries = new Map(Object.entries(entries));
  }

  /** Names in the file, in the order they were made. */
  names(): readonly KeyName[] {
    return Array.from(this.#entries, ([name, entry]) => ({ name, bls: entry.bls !== null }));
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The account key of that name; it must have been asked for when the store was opened. */
  account(name: string): Ed25519Signer {
    return new Ed25519Signer(this.#entry(name).seed);
  }

  /** The committee key of that name; it must have been asked for with `bls` when the store was opened. */
  committee(name: string): BlsSigner {
    const secret = this.#entry(name).bls;
    if (secret === null) throw new AssayError('INTERNAL', `The key "${name}" has no BLS part.`);
    return new BlsSigner(secret);
  }

  #entry(name: string): Entries[string] {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new AssayError('INTERNAL', `There is no key "${name}".`);
    return entry;
  }
}

/** The passphrase of the environment; without one, the devnet's, which protects nothing. */
export function passphraseFrom(environment: NodeJS.ProcessEnv): string {
  return environment.ASSAY_PASSPHRASE ?? 'assay-devnet';
}

/**
 * Opens the key file, makes what is missing of `wanted`, and stores it before it returns. A missing file is a new one.
 * Throws AssayError KEYS_LOCKED (wrong passphrase) or KEYS_DAMAGED.
 */
export async function openKeystore(path: string, passphrase: string, wanted: readonly KeyName[]): Promise<Keystore> {
  const file = await readKeyFile(path);
  const salt = file?.salt ?? randomBytes(16);
  const key = await deriveKey(passphrase, salt, keyBytes, { ...cost, maxmem: 64 * 1024 * 1024 });
  const entries = file === null ? {} : decrypt(path, key, file);
  const missing = wanted.filter(({ name, bls }) => {
    const entry = entries[name];
    return entry === undefined || (bls && entry.bls === null);
  });
  for (const { name, bls } of missing) {
    const secret = bls ? Buffer.from(generateBlsSecret(randomBytes(32))) : null;
    entries[name] = { seed: entries[name]?.seed ?? randomBytes(32), bls: secret };
  }
  if (missing.length > 0) await writeDurably(path, encrypt(key, salt, entries), 0o600);
  return new Keystore(entries);
}

async function readKeyFile(path: string): Promise<z.infer<typeof KeyFile> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AssayError('KEYS_DAMAGED', String(error), { cause: error });
  }
  try {
    return KeyFile.parse(JSON.parse(text));
  } catch (error) {
    throw new AssayError('KEYS_DAMAGED', path, { cause: error });
  }
}

/** Everything but salt and ciphertext is fixed by the version, and the salt is part of the key. */
function encrypt(key: Buffer, salt: Buffer, entries: Entries): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  const texts = Object.entries(entries).map(([name, { seed, bls }]) => {
    return [name, { seed: seed.toString('base64'), bls: bls?.toString('base64') ?? null }];
  });
  const plain = JSON.stringify(Object.fromEntries(texts));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const kdf = { name: 'scrypt', ...cost };
  return `${JSON.stringify({
    version: 1,
    kdf,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  })}\n`;
}

function decrypt(path: string, key: Buffer, file: z.infer<typeof KeyFile>): Entries {
  const bodyBytes = file.ciphertext.length - tagBytes;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, file.nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(file.ciphertext.subarray(bodyBytes));
    const plain = Buffer.concat([decipher.update(file.ciphertext.subarray(0, bodyBytes)), decipher.final()]);
    return Entries.parse(JSON.parse(plain.toString('utf8')));
  } catch (error) {
    throw new AssayError('KEYS_LOCKED', `ASSAY_PASSPHRASE has to hold the passphrase of ${path}.`, {
      cause: error,
    });
  }
}
