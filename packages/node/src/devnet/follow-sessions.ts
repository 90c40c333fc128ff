import { sessionStatuses, sha256 } from '@assay/protocol';
import type { Engine } from '../consensus/port.ts';
import { apiKeyOf } from '../crypto/signers.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { ApiKey } from '../roles/gateway/service.ts';

/** The API keys of the open sessions whose keys this node holds; those that are opened later join the list. */
export function followSessions(engine: Engine, ring: KeyRing, log: (line: string) => void): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  const { sessions } = engine.ledger.state;
  const add = (session: number): boolean => {
    const sessionSigner = ring.account(sessions.at(session).sessionKey);
    if (sessionSigner === null) return false;
    keys.push({ hash: sha256(new TextEncoder().encode(apiKeyOf(sessionSigner, session))), session, sessionSigner });
    return true;
  };
  for (const [session, { status }] of [...sessions].entries()) if (status === sessionStatuses.open) add(session);
  engine.onBlock(async ({ result }) => {
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
