import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';

/** Peers whose faults are remembered; the oldest are forgotten. */
const mostPeers = 1024;
/** A peer is not spoken to for so long after its first fault, twice as long after each further one, up to the most. */
const firstMs = 60_000;
const mostMs = 3_600_000;

/** Who sent what no honest peer sends. Nothing else counts: neither silence nor slowness can be proved. */
export class Faults {
  readonly #runtime: Pick<Runtime, 'monotonicMs'>;
  readonly #peers = new Map<PeerId, { readonly count: number; readonly untilMs: number }>();
  #total = 0;

  constructor(runtime: Pick<Runtime, 'monotonicMs'>) {
    this.#runtime = runtime;
  }

  get total(): number {
    return this.#total;
  }

  add(peer: PeerId): void {
    const count = (this.#peers.get(peer)?.count ?? 0) + 1;
    const ms = Math.min(mostMs, firstMs * 2 ** (count - 1));
    this.#total++;
    this.#peers.delete(peer);
    this.#peers.set(peer, { count, untilMs: this.#runtime.monotonicMs() + ms });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > mostPeers && oldest !== undefined) this.#peers.delete(oldest);
  }

  isShunned(peer: PeerId): boolean {
    return (this.#peers.get(peer)?.untilMs ?? 0) > this.#runtime.monotonicMs();
  }
}
