import type { PeerId } from '@assay/roles/ports/network';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';

/** Addresses of one peer that are tried; the rest is not. */
const mostAddresses = 8;

/** Where peers are found: what somebody was given (an invitation, the configuration), and what the chain says. */
export class AddressBook {
  readonly #given = new Map<PeerId, readonly string[]>();
  readonly #onChain: (peer: PeerId) => readonly string[];

  /** `onChain` says what the chain has of a peer; it is asked whenever somebody is dialled. */
  constructor(onChain: (peer: PeerId) => readonly string[] = () => []) {
    this.#onChain = onChain;
  }

  /** Takes the place of what was given before: addresses as `/ip4/203.0.113.7/tcp/4020`; RangeError at any other. */
  give(peer: PeerId, addresses: readonly string[]): void {
    for (const address of addresses) {
      if (parsed(address) === null) throw new RangeError(`${address} is no address: /ip4/203.0.113.7/tcp/4020 is one`);
    }
    this.#given.set(peer, addresses);
  }

  /** Peers that addresses were given of. */
  get given(): readonly PeerId[] {
    return [...this.#given.keys()];
  }

  /** What may be dialled: the given ones first. What is no address is left out. */
  addressesOf(peer: PeerId): readonly Multiaddr[] {
    const texts = new Set([...(this.#given.get(peer) ?? []), ...this.#onChain(peer)]);
    return [...texts].flatMap((text) => parsed(text) ?? []).slice(0, mostAddresses);
  }
}

/** Where a peer may be looked for again; null for a name, which by then may lead to somebody else. */
export function placeOf(address: Multiaddr): string | null {
  const kind = address.getComponents()[0]?.name;
  return kind === 'ip4' || kind === 'ip6' ? address.toString() : null;
}

/** Null for what is none, and for a socket of this machine: the chain could name one that others listen on. */
function parsed(text: string): Multiaddr | null {
  try {
    const address = multiaddr(text);
    return address.getComponents()[0]?.name === 'unix' ? null : address;
  } catch {
    return null;
  }
}
