import { concatBytes, encodeText, littleEndian, sha256 } from '@assay/ssz';

/** What a signature is about; part of every signing root, so no signature can be read as another message (§1.2). */
export const messageTypes = {
  transaction: 1,
  block: 2,
  batch: 3,
  beaconReveal: 4,
  taskRequest: 5,
  precommit: 6,
  streamCheckpoint: 7,
  taskState: 8,
  transitionRequest: 9,
  transitionVote: 10,
  possession: 11,
  challengeTurn: 12,
  ping: 13,
  taskTicket: 14,
  presence: 15,
  consensusPossession: 16,
  opening: 17,
} as const;
export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];

/** The chain a signature belongs to. */
export interface ChainIdentity {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
}

/** Domains that were made, by chain: every signature needs one. */
const domains = new WeakMap<ChainIdentity, Map<MessageType, Uint8Array>>();

/** The 32-byte domain of one message type on one chain (§1.2). */
export function signingDomain(chain: ChainIdentity, type: MessageType): Uint8Array {
  const known = domains.get(chain) ?? new Map<MessageType, Uint8Array>();
  const { genesisHash, chainId } = chain;
  const domain = known.get(type) ?? sha256(concatBytes([littleEndian(type, 4), genesisHash, encodeText(chainId)]));
  domains.set(chain, known.set(type, domain));
  return domain;
}

/** What is signed: SHA-256(object root ‖ domain) (§1.2). */
export function signingRoot(objectRoot: Uint8Array, domain: Uint8Array): Uint8Array {
  return sha256(objectRoot, domain);
}

/** Proofs of possession stand in the genesis file, so they cannot name the chain. */
const noChain: ChainIdentity = { chainId: '', genesisHash: new Uint8Array(32) };

/** What a proof of possession signs (§1.2). */
export function possessionRoot(blsPublicKey: Uint8Array): Uint8Array {
  return signingRoot(sha256(blsPublicKey), signingDomain(noChain, messageTypes.possession));
}

/** The same of a consensus key, for the account of the validator that is to have it: nobody else can bring it. */
export function consensusPossessionRoot(consensusKey: Uint8Array, account: Uint8Array): Uint8Array {
  return signingRoot(sha256(consensusKey, account), signingDomain(noChain, messageTypes.consensusPossession));
}
