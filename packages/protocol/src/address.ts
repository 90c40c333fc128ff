import { sha256 } from '@assay/ssz';
import { bech32 } from '@scure/base';

const PREFIX = 'assay';
const ACCOUNT = Uint8Array.of(0x01);

/** The 20-byte address of an Ed25519 public key (§1.2). */
export function addressOf(publicKey: Uint8Array): Uint8Array {
  return sha256(ACCOUNT, publicKey).slice(0, 20);
}

/** The text form `assay1…` of a 20-byte address (§1.2). */
export function addressText(address: Uint8Array): string {
  return bech32.encode(PREFIX, bech32.toWords(address));
}

/** Reads `assay1…`; null when the text is not an address or its checksum is wrong. */
export function parseAddress(text: string): Uint8Array | null {
  const decoded = bech32.decodeUnsafe(text);
  if (decoded === undefined || decoded.prefix !== PREFIX) return null;
  const bytes = bech32.fromWordsUnsafe(decoded.words);
  return bytes instanceof Uint8Array && bytes.length === 20 ? bytes : null;
}
