import type { ChainStatus } from '@assay/protocol';
import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';

/** Nodes whose word is kept; more are not asked (§19.3). */
const maxPeers = 64;
/** How long a peer is left alone: first after silence, and after a fault; each time twice as long, up to the most. */
const pauses = {
  silence: { firstMs: 500, mostMs: 30_000 },
  fault: { firstMs: 600_000, mostMs: 24 * 3_600_000 },
} as const;

/** What is known of a peer that serves the chain. */
export interface PeerRecord {
  readonly peer: PeerId;
  /** Newest height with a seal that it says it has, and the lowest it has. */
  readonly height: number;
  readonly base: number;
  /** How often it did what no node does that means well, and what it did last. */
  readonly faults: number;
  readonly lastFault: string | null;
  /** How often it gave no answer since it last gave one, and no block that it said it has since it last gave one. */
  readonly silences: number;
  readonly failures: number;
  /** Until when it is left alone, by the monotonic clock; 0 when it is not. */
  readonly asideUntilMs: number;
  /** When it last answered or announced anything that counts, by the monotonic clock; null when never. */
  readonly heardMs: number | null;
}

const voidWord = { height: 0, base: 0, heardMs: null };
const unknown = {
  ...voidWord,
  faults: 0,
  lastFault: null,
  silences: 0,
  failures: 0,
  asideUntilMs: 0,
} as const satisfies Partial<PeerRecord>;

/** The nodes that a chain is followed from: how far each is, and which of them are left alone for now. */
export class PeerBook {
  readonly #peers: () => readonly PeerId[];
  readonly #runtime: Pick<Runtime, 'monotonicMs' | 'log'>;
  readonly #records = new Map<PeerId, PeerRecord>();
  #turn = 0;

  constructor(peers: () => readonly PeerId[], runtime: Pick<Runtime, 'monotonicMs' | 'log'>) {
    this.#peers = peers;
    this.#runtime = runtime;
  }

  /** All that are named, each with what is known of it. */
  all(): PeerRecord[] {
    const named = [...new Set(this.#peers())].slice(0, maxPeers);
    for (const peer of this.#records.keys()) if (!named.includes(peer)) this.#records.delete(peer);
    return named.map((peer) => this.#recordOf(peer));
  }

  /** Those that are not left alone. */
  usable(): PeerRecord[] {
    return this.all().filter(({ peer }) => !this.#isAside(peer));
  }

  /** Who is to be asked for the block after a height: each in turn of those that say they have it; null for nobody. */
  next(height: number): PeerId | null {
    const able = this.usable().filter((record) => record.height > height && record.base <= height + 1);
    if (able.length === 0) return null;
    this.#turn += 1;
    return able[this.#turn % able.length]?.peer ?? null;
  }

  /** The newest height that anybody says it has. */
  get tip(): number {
    return Math.max(0, ...this.all().map(({ height }) => height));
  }

  /** When anybody was last heard whose word counts, by the monotonic clock; null when nobody was. */
  get heardMs(): number | null {
    const times = this.all().flatMap(({ heardMs }) => (heardMs === null ? [] : [heardMs]));
    return times.length === 0 ? null : Math.max(...times);
  }

  isNamed(peer: PeerId): boolean {
    return this.#peers().includes(peer);
  }

  /** It said how far it is. */
  heard(peer: PeerId, { height, base }: Pick<ChainStatus, 'height' | 'base'>): void {
    if (!this.#isAside(peer)) this.#set(peer, { height, base, silences: 0, heardMs: this.#runtime.monotonicMs() });
  }

  /** It announced a height; what it says while it is left alone counts for nothing. */
  announced(peer: PeerId, height: number): void {
    if (this.#isAside(peer)) return;
    const known = Math.max(this.#recordOf(peer).height, height);
    this.#set(peer, { height: known, heardMs: this.#runtime.monotonicMs() });
  }

  /** It gave what it was asked for. */
  served(peer: PeerId): void {
    this.#set(peer, { silences: 0, failures: 0, heardMs: this.#runtime.monotonicMs() });
  }

  /** It gave no answer, and is left alone for a moment. */
  silent(peer: PeerId): void {
    const silences = this.#recordOf(peer).silences + 1;
    this.#set(peer, { silences, asideUntilMs: this.#after('silence', silences) });
  }

  /** It did not give what it said it has: what it said counts no more. */
  failed(peer: PeerId): void {
    const failures = this.#recordOf(peer).failures + 1;
    this.#set(peer, { ...voidWord, failures, asideUntilMs: this.#after('silence', failures) });
  }

  /** It did what no node does that means well; that is remembered while this node runs. */
  faulty(peer: PeerId, lastFault: string): void {
    const faults = this.#recordOf(peer).faults + 1;
    const asideUntilMs = this.#after('fault', faults);
    this.#set(peer, { ...voidWord, faults, lastFault, asideUntilMs });
    const minutes = Math.round((asideUntilMs - this.#runtime.monotonicMs()) / 60_000);
    this.#runtime.log(`peer ${peer}: ${lastFault}; it is not asked for ${minutes} minutes (fault ${faults})`);
  }

  #isAside(peer: PeerId): boolean {
    return this.#recordOf(peer).asideUntilMs > this.#runtime.monotonicMs();
  }

  #after(kind: keyof typeof pauses, times: number): number {
    const { firstMs, mostMs } = pauses[kind];
    return this.#runtime.monotonicMs() + Math.min(mostMs, firstMs * 2 ** (times - 1));
  }

  #recordOf(peer: PeerId): PeerRecord {
    return this.#records.get(peer) ?? { peer, ...unknown };
  }

  #set(peer: PeerId, change: Partial<PeerRecord>): void {
    if (this.isNamed(peer)) this.#records.set(peer, { ...this.#recordOf(peer), ...change });
  }
}
