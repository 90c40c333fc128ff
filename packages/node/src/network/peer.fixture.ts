import { createHash } from 'node:crypto';
import { Ed25519Signer } from '../crypto/signers.ts';

/** The key of a peer that no chain knows; the same one for the same name. */
export const peerSigner = (name: string) => new Ed25519Signer(createHash('sha256').update(name).digest());
