import type { ChainStatus } from '@assay/protocol';
import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';

/** Nodes whose word is kept; more are not asked (§19.3). */
const maxPeers = 64;
/** How long a peer is left alone: first after silence, and after a fault; each time twice as long, up to the most. */
const pauses = {
  silence: { firstMs: 500, mostMs: 30_000 },
  fault: { firstMs: 600_000, mostMs: 24 * 3_600_000 },
  /** Not left alone, but doubted. */
  lack: { firstMs: 500, mostMs: 600_000 },
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
  /** How often it gave less than it had said, or slowly, and until when others are asked and believed before it. */
  readonly lacks: number;
  readonly doubtedUntilMs: number;
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
  lacks: 0,
  doubtedUntilMs: 0,
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

  /**
   * Who is to be asked for the block after a height: each in turn of those that say they have it, who is doubted after
   * the others; null for nobody.
   */
  next(height: number): PeerRecord | null {
    const able = this.usable().filter((record) => record.height > height && record.base <= height + 1);
    const sure = able.filter((record) => !this.#isDoubted(record));
    const asked = sure.length > 0 ? sure : able;
    this.#turn += 1;
    return asked[this.#turn % asked.length] ?? null;
  }

  /**
   * The newest height that anybody says it has, and when anybody was last heard, by the monotonic clock, who can be
   * asked for the block after a height and is not doubted: where there is nobody like that, anybody at all. Null when
   * nobody was heard.
   */
  newest(height: number): { readonly tip: number; readonly heardMs: number } | null {
    const heard = this.all().flatMap(({ heardMs, ...record }) => (heardMs === null ? [] : [{ ...record, heardMs }]));
    const sure = heard.filter((record) => record.base <= height + 1 && !this.#isDoubted(record));
    const believed = sure.length > 0 ? sure : heard;
    if (believed.length === 0) return null;
    return {
      tip: Math.max(...believed.map((record) => record.height)),
      heardMs: Math.max(...believed.map(({ heardMs }) => heardMs)),
    };
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

  /** It gave some of what it said it has, or slowly, and is doubted for a while. */
  servedBadly(peer: PeerId): void {
    this.served(peer);
    this.#set(peer, this.#lacking(peer));
  }

  /** It gave no answer, and is left alone for a moment. */
  silent(peer: PeerId): void {
    const silences = this.#recordOf(peer).silences + 1;
    this.#set(peer, { silences, asideUntilMs: this.#after('silence', silences) });
  }

  /** It did not give what it said it has: what it said counts no more. */
  failed(peer: PeerId): void {
    const failures = this.#recordOf(peer).failures + 1;
    const asideUntilMs = this.#after('silence', failures);
    this.#set(peer, { ...voidWord, ...this.#lacking(peer), failures, asideUntilMs });
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

  #isDoubted({ doubtedUntilMs }: Pick<PeerRecord, 'doubtedUntilMs'>): boolean {
    return doubtedUntilMs > this.#runtime.monotonicMs();
  }

  /** What it gives meanwhile takes nothing back: a liar would give some in between. */
  #lacking(peer: PeerId): Pick<PeerRecord, 'lacks' | 'doubtedUntilMs'> {
    const lacks = this.#recordOf(peer).lacks + 1;
    return { lacks, doubtedUntilMs: this.#after('lack', lacks) };
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
