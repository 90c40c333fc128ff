import type { Ref } from '@assay/protocol';
import type { ApiKey } from '@assay/roles/gateway/index';
import type { Chain } from '@assay/roles/ports/chain';
import { encodeText, sha256 } from '@assay/ssz';
import { apiKeyOf, type Ed25519Signer } from '../crypto/signers.ts';
import type { ApiKeyFile, ApiKeyList } from '../keys/api-keys.ts';
import type { KeyRing } from '../keys/keyring.ts';

/** An open session, and those of its keys that were made, by number: each is hashed twice. */
interface KnownSession {
  readonly signer: Ed25519Signer;
  readonly made: Map<number, ApiKey>;
}

/** The API keys of the open sessions whose keys this node holds, but for those that were revoked (§16.9). */
class SessionKeys implements Iterable<ApiKey> {
  readonly #file: ApiKeyFile;
  readonly #sessions = new Map<Ref<'sessions'>, KnownSession>();
  #keys: ApiKey[] = [];
  #list: ApiKeyList | null = null;

  constructor(file: ApiKeyFile) {
    this.#file = file;
  }

  add(session: Ref<'sessions'>, signer: Ed25519Signer): void {
    this.#sessions.set(session, { signer, made: new Map() });
    this.#list = null;
  }

  remove(session: Ref<'sessions'>): void {
    if (this.#sessions.delete(session)) this.#list = null;
  }

  [Symbol.iterator](): Iterator<ApiKey> {
    const list = this.#file.list;
    if (list !== this.#list) this.#keys = [...this.#sessions].flatMap((known) => keysOf(list, ...known));
    this.#list = list;
    return this.#keys.values();
  }
}

function keysOf(list: ApiKeyList, session: Ref<'sessions'>, { signer, made }: KnownSession): ApiKey[] {
  const valid = list.of(session).filter(({ revoked }) => !revoked);
  return valid.map(({ number }) => {
    const key = made.get(number) ?? newKey(session, signer, number);
    made.set(number, key);
    return key;
  });
}

function newKey(session: Ref<'sessions'>, sessionSigner: Ed25519Signer, number: number): ApiKey {
  const hash = sha256(encodeText(apiKeyOf(sessionSigner, session, number)));
  return { hash, session, sessionSigner };
}

/** The API keys a gateway takes, as they are at any moment: of sessions that are opened later, without revoked ones. */
export function followSessions(
  { chain, ring, file }: { readonly chain: Chain; readonly ring: KeyRing; readonly file: ApiKeyFile },
  log: (line: string) => void,
): Iterable<ApiKey> {
  const keys = new SessionKeys(file);
  const add = (session: Ref<'sessions'>): boolean => {
    const signer = ring.account(chain.head().sessions.at(session).sessionKey);
    if (signer !== null) keys.add(session, signer);
    return signer !== null;
  };
  for (const [session, { status }] of [...chain.head().sessions].entries()) if (status === 'open') add(session);
  chain.onBlock(async ({ result }) => {
    for (const event of result.events) if (event.type === 'sessionClosed') keys.remove(event.session);
    const unknown = result.events.filter((event) => event.type === 'sessionOpened' && !add(event.session));
    if (unknown.length === 0) return;
    // Its key may have been made while the node runs.
    try {
      await ring.reread();
    } catch (error) {
      log(`the key of a new session is not looked for: ${(error as Error).message}`);
    }
    for (const event of unknown) if (event.type === 'sessionOpened') add(event.session);
  });
  return keys;
}

/** An API key of a session that is not revoked: the first, or a new one when all are. */
export async function liveApiKey(file: ApiKeyFile, session: Ref<'sessions'>, signer: Ed25519Signer): Promise<string> {
  const known = file.list.of(session).find(({ revoked }) => !revoked);
  if (known !== undefined) return apiKeyOf(signer, session, known.number);
  return apiKeyOf(signer, session, await file.issue(session));
}
