import { type Sent, Traffic } from './traffic.ts';
import type { World } from './world.ts';

/** What tasks cost those who carry and keep them. */
export interface Load {
  /** By protocol or topic, once for each receiver. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** Transactions in blocks, by kind. */
  readonly onChain: ReadonlyMap<string, Sent>;
  /** From the end of an answer at its user to the block that certifies it, simulated milliseconds. */
  readonly certificateMs: { readonly p50: number; readonly p99: number };
}

/** Measures the load of a world from now on. */
export class LoadMeter {
  readonly #world: World;
  readonly #before: ReadonlyMap<string, Sent>;
  readonly #onChain = new Traffic();

  constructor(world: World) {
    this.#world = world;
    this.#before = world.network.traffic.all;
    world.chain.onBlock(({ block, result }) => {
      for (const [index, { kind }] of result.transactions.entries()) {
        this.#onChain.add(kind ?? 'none', block.transactions[index] ?? new Uint8Array());
      }
    });
  }

  /** `waitsMs`: how long answered tasks waited for their certificates. */
  measured(waitsMs: readonly number[]): Load {
    const sorted = waitsMs.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return {
      sent: this.#world.network.traffic.since(this.#before),
      onChain: this.#onChain.since(new Map()),
      certificateMs: { p50: at(0.5), p99: at(0.99) },
    };
  }
}
