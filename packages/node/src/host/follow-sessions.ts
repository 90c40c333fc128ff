import type { Ref } from '@assay/protocol';
import { type ApiKey, type ApiKeys, hashOfApiKey } from '@assay/roles/gateway/index';
import type { Chain } from '@assay/roles/ports/chain';
import { apiKeyOf, type Ed25519Signer } from '../crypto/signers.ts';
import type { ApiKeyFile, ApiKeyList } from '../keys/api-keys.ts';
import type { KeyRing } from '../keys/keyring.ts';

/** An open session, and the hashes of those of its keys that were made, by number. */
interface KnownSession {
  readonly key: ApiKey & { readonly sessionSigner: Ed25519Signer };
  readonly hashes: string[];
}

/** The API keys of the open sessions whose keys this node holds, but for those that were revoked (§16.9). */
class SessionKeys implements ApiKeys {
  readonly #file: ApiKeyFile;
  readonly #sessions = new Map<Ref<'sessions'>, KnownSession>();
  readonly #keys = new Map<string, ApiKey>();
  #list: ApiKeyList | null = null;

  constructor(file: ApiKeyFile) {
    this.#file = file;
  }

  add(session: Ref<'sessions'>, signer: Ed25519Signer): void {
    const known = { key: { session, sessionSigner: signer }, hashes: [] };
    this.#sessions.set(session, known);
    if (this.#list !== null) this.#take(known, this.#list);
  }

  remove(session: Ref<'sessions'>): void {
    for (const hash of this.#sessions.get(session)?.hashes ?? []) this.#keys.delete(hash);
    this.#sessions.delete(session);
  }

  get(hash: string): ApiKey | undefined {
    const { list } = this.#file;
    if (list !== this.#list) {
      this.#list = list;
      this.#keys.clear();
      for (const known of this.#sessions.values()) this.#take(known, list);
    }
    return this.#keys.get(hash);
  }

  #take({ key, hashes }: KnownSession, list: ApiKeyList): void {
    const { session, sessionSigner } = key;
    for (const { number, revoked } of list.of(session)) {
      hashes[number] ??= hashOfApiKey(apiKeyOf(sessionSigner, session, number));
      if (!revoked) this.#keys.set(hashes[number], key);
    }
  }
}

/** The API keys a gateway takes, as they are at any moment: of sessions that are opened later, without revoked ones. */
export function followSessions(
  { chain, ring, file }: { readonly chain: Chain; readonly ring: KeyRing; readonly file: ApiKeyFile },
  log: (line: string) => void,
): ApiKeys {
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
