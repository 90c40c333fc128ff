import { type PeerId, type PeerSigner, peerIdOf } from '@assay/roles/ports/network';
import { fromHex } from '@assay/ssz';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';

/** The length of a signing root (§1.2): what the network signs is always longer. */
const rootBytes = 32;

/** The key as libp2p wants it, over what signs: the secret stays where it is. */
export function privateKeyOf(signer: PeerSigner): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(signer.publicKey);
  if (publicKey.type !== 'Ed25519') throw new RangeError('a peer has an Ed25519 key');
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new Error('the secret of a peer is not given out');
    },
    equals: (other) => other?.publicKey !== undefined && publicKey.equals(other.publicKey),
    sign: (data) => {
      const bytes = data.subarray();
      if (bytes.length <= rootBytes) throw new RangeError('the network signs nothing as short as a signing root');
      return signer.sign(bytes);
    },
  };
}

/** Null when the text is no key. */
export function libp2pIdOf(peer: PeerId): Libp2pPeerId | null {
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(fromHex(peer) ?? new Uint8Array(0)));
  } catch {
    return null;
  }
}

/** Null when it is not named by an Ed25519 key, and so nobody of this network. */
export function peerOf({ publicKey }: Pick<Libp2pPeerId, 'publicKey'>): PeerId | null {
  return publicKey?.type === 'Ed25519' ? peerIdOf({ publicKey: publicKey.raw }) : null;
}
