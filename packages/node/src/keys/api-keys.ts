import { existsSync, readFileSync, statSync } from 'node:fs';
import { AssayError, type Ref } from '@assay/protocol';
import { z } from 'zod';
import { writeDurably } from '../store/durable-file.ts';

/** API keys of one session. */
const maxKeys = 1024;

const Numbers = z
  .int()
  .min(0)
  .max(maxKeys - 1);
const KeyFile = z.strictObject({
  version: z.literal(1),
  sessions: z.record(z.string(), z.strictObject({ issued: Numbers, revoked: z.array(Numbers).max(maxKeys) })),
});
type KeyFile = z.infer<typeof KeyFile>;

/** An API key by its number in its session; the first is 0, and there without being asked for. */
export interface NumberedKey {
  readonly number: number;
  readonly revoked: boolean;
}

/**
 * Which API keys of a node were issued and revoked (§16.9). The file holds numbers only: a key follows from the key of
 * its session and its number.
 */
export class ApiKeyList {
  readonly #sessions: KeyFile['sessions'];

  constructor(sessions: KeyFile['sessions']) {
    this.#sessions = sessions;
  }

  of(session: Ref<'sessions'>): NumberedKey[] {
    const { issued, revoked } = this.#sessions[session] ?? { issued: 0, revoked: [] };
    return Array.from({ length: issued + 1 }, (_, number) => ({ number, revoked: revoked.includes(number) }));
  }

  /** The list with one more key of a session, and its number. */
  issue(session: Ref<'sessions'>): { list: ApiKeyList; number: number } {
    const number = this.of(session).length;
    if (number === maxKeys)
      throw new AssayError('INVALID_REQUEST', `Session ${session} has had ${maxKeys} API keys; open another session.`);
    const { revoked = [] } = this.#sessions[session] ?? {};
    return { list: new ApiKeyList({ ...this.#sessions, [session]: { issued: number, revoked } }), number };
  }

  /** The list without a key; the same when it is revoked already. Null when there is no such key. */
  revoke(session: Ref<'sessions'>, number: number): ApiKeyList | null {
    const key = this.of(session)[number];
    if (key === undefined) return null;
    if (key.revoked) return this;
    const { issued = 0, revoked = [] } = this.#sessions[session] ?? {};
    return new ApiKeyList({ ...this.#sessions, [session]: { issued, revoked: [...revoked, number] } });
  }

  /** The list after another one: what this one issued and revoked stays so, whatever that says. */
  followedBy(next: ApiKeyList): ApiKeyList {
    const sessions = { ...next.#sessions };
    for (const [session, { issued, revoked }] of Object.entries(this.#sessions)) {
      const now = sessions[session] ?? { issued: 0, revoked: [] };
      const all = new Set([...revoked, ...now.revoked]);
      sessions[session] = { issued: Math.max(issued, now.issued), revoked: [...all] };
    }
    return new ApiKeyList(sessions);
  }

  text(): string {
    return `${JSON.stringify({ version: 1, sessions: this.#sessions }, null, 2)}\n`;
  }
}

/** The list of a data directory's `api-keys.json`, which commands change while the node runs. */
export class ApiKeyFile {
  readonly #path: string;
  #list = new ApiKeyList({});
  #seen = '';

  /**
   * §16.9 Throws AssayError DATA_INCOMPLETE when there is no file, as every key that was revoked would come back, and
   * KEYS_DAMAGED when it is not one of ours.
   */
  constructor(path: string) {
    this.#path = path;
    this.#seen = versionOf(path);
    const text = readText(path);
    if (text === null) throw missing(path);
    this.#list = parse(path, text);
  }

  /** Writes an empty list where none is. */
  static async begin(path: string): Promise<void> {
    if (!existsSync(path)) await writeDurably(path, new ApiKeyList({}).text(), 0o600);
  }

  /** The list as it stands in the file, and all that was seen in it before: nothing revoked comes back. */
  get list(): ApiKeyList {
    const version = versionOf(this.#path);
    if (version === this.#seen) return this.#list;
    try {
      const text = readText(this.#path);
      if (text !== null) this.#list = this.#list.followedBy(parse(this.#path, text));
      this.#seen = version;
    } catch {
      // Looked at again with the next request.
    }
    return this.#list;
  }

  /** Issues one more key of a session, durably; gives its number. */
  async issue(session: Ref<'sessions'>): Promise<number> {
    const { list, number } = this.list.issue(session);
    await this.write(list);
    return number;
  }

  /** Makes a list durable. */
  async write(list: ApiKeyList): Promise<void> {
    await writeDurably(this.#path, list.text(), 0o600);
  }
}

function missing(path: string): AssayError {
  const empty = new ApiKeyList({}).text().replace(/\s+/g, '');
  const detail = `${path} is not there: it says which API keys were revoked. If none ever was, write ${empty} into it.`;
  return new AssayError('DATA_INCOMPLETE', detail);
}

/** Another whenever the file was replaced. */
function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs} ${found.size}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AssayError('KEYS_DAMAGED', String(error), { cause: error });
  }
}

function parse(path: string, text: string): ApiKeyList {
  try {
    return new ApiKeyList(KeyFile.parse(JSON.parse(text)).sessions);
  } catch (cause) {
    throw new AssayError('KEYS_DAMAGED', path, { cause });
  }
}
