import { AssayError, Height, Name } from '@assay/protocol';
import { Bytes32, concatBytes, equalBytes, fromHex, sha256, textOf, toHex, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { version } from '../version.ts';
import { Peer } from './config.ts';

/** What an invitation may hold: more would be no line that a person passes on. */
export const invitationLimits = { peers: 8, addresses: 4, addressBytes: 128, characters: 8192 } as const;

const InvitedPeer = new ContainerType(
  {
    publicKey: Bytes32,
    addresses: new ListCompositeType(textOf(invitationLimits.addressBytes), invitationLimits.addresses),
  },
  { typeName: 'InvitedPeer' },
);
const TrustedBytes = new ContainerType(
  {
    height: Height,
    headerRoot: Bytes32,
    /** None or one. */
    nextComet: new ListCompositeType(Bytes32, 1),
  },
  { typeName: 'TrustedBlock' },
);
const InvitationBytes = new ContainerType(
  {
    chainId: Name,
    genesisHash: Bytes32,
    peers: new ListCompositeType(InvitedPeer, invitationLimits.peers),
    /** None or one. */
    trusted: new ListCompositeType(TrustedBytes, 1),
  },
  { typeName: 'Invitation' },
);

/** A block to begin with, whose state is fetched; hashes are hexadecimal. */
export interface TrustedBlock {
  readonly height: number;
  readonly headerRoot: string;
  /** CometBFT's hash of the block of the next height, after which a validator begins; null where there is none. */
  readonly nextComet: string | null;
}

/** All that somebody needs to find a network and to know it again (§20.1). */
export interface Invitation {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  readonly peers: readonly Peer[];
  /** Null: the genesis. */
  readonly trusted: TrustedBlock | null;
}

/** The number is that of the form: another form would be read wrongly. */
const form = '2';
const prefix = `assay${form}net-`;
const checksumBytes = 4;

/** The line that an operator gives out. Of what is too much the first is taken. */
export function invitationText({ chainId, genesisHash, peers, trusted }: Invitation): string {
  const fitting = ({ length }: string) => length <= invitationLimits.addressBytes;
  const body = InvitationBytes.serialize({
    chainId,
    genesisHash,
    peers: peers.slice(0, invitationLimits.peers).map(({ peer, addresses }) => ({
      publicKey: bytesOf(peer),
      addresses: addresses.filter(fitting).slice(0, invitationLimits.addresses),
    })),
    trusted: trusted === null ? [] : [bytesOfTrusted(trusted)],
  });
  return prefix + Buffer.from(concatBytes([body, checksumOf(body)])).toString('base64url');
}

/** Reads the line; blanks around it and breaks in it are taken out. Throws AssayError BAD_INVITATION. */
export function parseInvitation(text: string): Invitation {
  const line = text.replace(/\s+/g, '');
  const [, given = form] = /^assay(\d+)net-/.exec(line) ?? [];
  if (given !== form) {
    const cure = Number(given) > Number(form) ? 'install a newer' : 'ask for a new one';
    throw unreadable(`It is of form ${given}, and version ${version} reads form ${form}: ${cure}.`);
  }
  if (!line.startsWith(prefix)) throw unreadable(`It begins with "${prefix}".`);
  if (line.length > invitationLimits.characters) throw unreadable('It is too long to be one.');
  const encoded = line.slice(prefix.length);
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64url'));
  const body = bytes.subarray(0, -checksumBytes);
  // What is no digit of the form is passed over by the decoder.
  const isWhole = Buffer.from(bytes).toString('base64url') === encoded;
  if (!isWhole || !equalBytes(bytes.subarray(-checksumBytes), checksumOf(body))) {
    throw unreadable('It was mistyped or cut: its checksum is wrong. Copy the whole line.');
  }
  return invitationOf(decoded(body));
}

function decoded(body: Uint8Array): ValueOf<typeof InvitationBytes> {
  try {
    return InvitationBytes.deserialize(body);
  } catch (cause) {
    throw new AssayError('BAD_INVITATION', 'A newer version may have made it.', { cause });
  }
}

function invitationOf({ chainId, genesisHash, peers, trusted }: ValueOf<typeof InvitationBytes>): Invitation {
  const [begin] = trusted;
  const named = peers.flatMap(({ publicKey, addresses }) => {
    const read = Peer.safeParse({ peer: toHex(publicKey), addresses: [...addresses] });
    return read.success ? [read.data] : [];
  });
  if (named.length === 0) throw unreadable('It names no peer with an address.');
  return {
    chainId,
    genesisHash,
    peers: named,
    trusted: begin === undefined ? null : trustedOf(begin),
  };
}

function bytesOfTrusted({ height, headerRoot, nextComet }: TrustedBlock): ValueOf<typeof TrustedBytes> {
  const next = nextComet === null ? [] : [bytesOf(nextComet)];
  return { height, headerRoot: bytesOf(headerRoot), nextComet: next };
}

function trustedOf({ height, headerRoot, nextComet: [next] }: ValueOf<typeof TrustedBytes>): TrustedBlock {
  return { height, headerRoot: toHex(headerRoot), nextComet: next === undefined ? null : toHex(next) };
}

const checksumOf = (body: Uint8Array): Uint8Array => sha256(body).subarray(0, checksumBytes);
const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(32);
const unreadable = (detail: string) => new AssayError('BAD_INVITATION', detail);
