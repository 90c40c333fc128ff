import type { MultiaddrConnection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';

/** Connections of one address of the internet, those whose keys are not known yet among them. */
const mostOfOne = 256;
/** Of the groups of an IPv6 address those that name a network. */
const [allGroups, networkGroups] = [8, 4];

/** Keeps one machine from taking all connections that a peer has, under however many keys. */
export class Doorkeeper {
  readonly #open = new Map<string, number>();

  /** Whether one more is refused; one that is not counts until it closes. */
  isFull(connection: Pick<MultiaddrConnection, 'remoteAddr' | 'addEventListener'>): boolean {
    const source = sourceOf(connection.remoteAddr);
    const open = this.#open.get(source) ?? 0;
    if (open >= mostOfOne) return true;
    this.#open.set(source, open + 1);
    connection.addEventListener('close', () => this.#closed(source), { once: true });
    return false;
  }

  #closed(source: string): void {
    const open = (this.#open.get(source) ?? 1) - 1;
    if (open > 0) this.#open.set(source, open);
    else this.#open.delete(source);
  }
}

/** An address of IPv4, also within IPv6; of another of IPv6 its first 64 bits, all of which one machine may have. */
function sourceOf(address: Multiaddr): string {
  const [first] = address.getComponents();
  const text = first?.value ?? '';
  if (first?.name !== 'ip6' || text.includes('.') || text.startsWith('::ffff:')) return text;
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const missing = text.includes('::') ? allGroups - head.length - tail.length : 0;
  return [...head, ...new Array<string>(missing).fill('0'), ...tail].slice(0, networkGroups).join(':');
}
