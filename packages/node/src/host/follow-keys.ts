import type { Chain } from '@assay/roles/ports/chain';
import type { KeyRing } from '../keys/keyring.ts';
import type { Roles } from './roles.ts';

const announcements: ReadonlySet<string> = new Set(['keyRotated', 'committeeKeyRotated', 'consensusKeyRotated']);

/**
 * Keeps the roles at the keys that the chain has for them (§3.6). The key file is read again when a new key is
 * announced, which then has the rest of the epoch to be in it.
 */
export function followKeys(chain: Chain, ring: KeyRing, roles: Roles, log: (line: string) => void): void {
  chain.onBlock(async ({ result }) => {
    const isAnnounced = result.events.some(({ type }) => announcements.has(type));
    try {
      if (isAnnounced) await ring.reread();
      await roles.followKeys();
    } catch (error) {
      log(`a new key is not followed: ${(error as Error).message}`);
    }
  });
}
