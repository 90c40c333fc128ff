import { AssayError } from '@assay/protocol';
import type { RoleStore } from '@assay/roles/ports/store';
import type { Database } from 'lmdb';
import { RoleCipher } from './role-cipher.ts';

export type RoleKey = [role: string, key: string];
export type ExpiryKey = [height: number, role: string, key: string];

export interface RoleTables {
  /** Values, encrypted, each after the eight bytes of its expiry height (0: never). */
  readonly values: Database<Buffer, RoleKey>;
  /** What to delete at which height; an entry may be outdated, the value's own height decides. */
  readonly expiries: Database<Buffer, ExpiryKey>;
}

const heightBytes = 8;
const never = 0;
const nothing = Buffer.alloc(0);

/** One role's part of the store. Writes go out in groups; until they are committed they are read from memory. */
export class LmdbRoleStore implements RoleStore {
  readonly #role: string;
  readonly #tables: RoleTables;
  readonly #cipher: RoleCipher;
  readonly #fail: (error: unknown) => AssayError;
  readonly #uncommitted = new Map<string, Buffer | null>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  constructor(role: string, parts: { tables: RoleTables; secret: Uint8Array; fail: (error: unknown) => AssayError }) {
    this.#role = role;
    this.#tables = parts.tables;
    this.#cipher = new RoleCipher(parts.secret, role);
    this.#fail = parts.fail;
  }

  get(key: string): Uint8Array | undefined {
    const stored = this.#stored(key);
    return stored === undefined ? undefined : this.#cipher.open(key, stored, heightBytes);
  }

  put(key: string, value: Uint8Array, expiryHeight: number = never): void {
    this.#requireOpen();
    const height = Buffer.alloc(heightBytes);
    height.writeBigUInt64LE(BigInt(expiryHeight));
    const stored = this.#cipher.seal(key, height, value);
    if (expiryHeight !== never) this.#track(this.#tables.expiries.put([expiryHeight, this.#role, key], nothing));
    this.#write(key, stored, this.#tables.values.put([this.#role, key], stored));
  }

  delete(key: string): void {
    this.#requireOpen();
    this.#write(key, null, this.#tables.values.remove([this.#role, key]));
  }

  /** Ends the memory: every later call throws AssayError NODE_STOPPED, for a closed environment must not be read. */
  close(): void {
    this.#isOpen = false;
  }

  *entries(prefix: string): Iterable<{ key: string; value: Uint8Array }> {
    this.#requireOpen();
    const found = new Map<string, Buffer>();
    for (const { key, value } of this.#tables.values.getRange({ start: [this.#role, prefix] })) {
      if (key[0] !== this.#role || !key[1].startsWith(prefix)) break;
      found.set(key[1], value);
    }
    for (const [key, value] of this.#uncommitted) {
      if (value === null) found.delete(key);
      else if (key.startsWith(prefix)) found.set(key, value);
    }
    const byKey = ([a]: [string, Buffer], [b]: [string, Buffer]) => (a < b ? -1 : 1);
    for (const [key, value] of [...found].sort(byKey)) {
      yield { key, value: this.#cipher.open(key, value, heightBytes) };
    }
  }

  async flushed(): Promise<void> {
    await this.#lastWrite.catch((error: unknown) => {
      throw this.#fail(error);
    });
  }

  /** Deletes an entry whose time has come; one that was put again with another height stays. */
  expire(key: string, expiryHeight: number): void {
    const stored = this.#stored(key);
    if (stored?.readBigUInt64LE() === BigInt(expiryHeight)) this.delete(key);
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new AssayError('NODE_STOPPED');
  }

  #stored(key: string): Buffer | undefined {
    this.#requireOpen();
    const waiting = this.#uncommitted.get(key);
    return waiting === undefined ? this.#tables.values.get([this.#role, key]) : (waiting ?? undefined);
  }

  #write(key: string, stored: Buffer | null, committed: Promise<unknown>): void {
    this.#uncommitted.set(key, stored);
    const done = () => {
      if (this.#uncommitted.get(key) === stored) this.#uncommitted.delete(key);
    };
    this.#track(committed.then(done));
  }

  /** A failed write is reported by every later `flushed`: the environment takes no writes after one. */
  #track(write: Promise<unknown>): void {
    const before = this.#lastWrite;
    this.#lastWrite = before.then(() => write);
    this.#lastWrite.catch(() => {});
    write.catch(() => {});
  }
}
