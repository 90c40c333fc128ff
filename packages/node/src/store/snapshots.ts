import type { Tables } from './tables.ts';

/** For a restart and for others; an older one stays where the blocks before it weigh as much (§16.15). */
const offered = 3;

/** The states that a store keeps, by height. */
export class Snapshots {
  readonly #tables: Pick<Tables, 'snapshots' | 'blocks'>;
  /** Height that the chain of the store began with; 0 for the genesis. */
  readonly #base: () => number;

  constructor(tables: Pick<Tables, 'snapshots' | 'blocks'>, base: () => number) {
    this.#tables = tables;
    this.#base = base;
  }

  get count(): number {
    return this.#tables.snapshots.getKeysCount();
  }

  /** The newest, and the one that the chain here began with; newest first. */
  get offered(): readonly number[] {
    const base = this.#base();
    const newest = this.#newest(offered + 1)
      .filter((height) => height !== base)
      .slice(0, offered);
    return base === 0 ? newest : [...newest, base];
  }

  /** The newest up to a height, of all that are kept; null when there is none. */
  upTo(height: number): number | null {
    const [found] = this.#tables.snapshots.getKeys({ start: height, reverse: true, limit: 1 });
    return found ?? null;
  }

  /** Bytes of the one of a height; 0 when there is none. */
  bytesAt(height: number): number {
    return this.#tables.snapshots.getBinaryFast(height)?.length ?? 0;
  }

  /** Adds one, and drops the oldest of the newest where it is not worth its bytes. */
  put(height: number, bytes: Uint8Array): Promise<unknown>[] {
    const { snapshots } = this.#tables;
    const base = this.#base();
    const [old, earlier = base] = this.#newest(offered + 2)
      .filter((each) => each !== base)
      .slice(offered - 1);
    // §16.15
    const isDropped = old !== undefined && !this.#weighMore({ after: earlier, upTo: old }, this.bytesAt(old));
    return [...(isDropped ? [snapshots.remove(old)] : []), snapshots.put(height, Buffer.from(bytes))];
  }

  #newest(limit: number): number[] {
    return [...this.#tables.snapshots.getKeys({ reverse: true, limit })];
  }

  /** Whether the blocks of a span weigh at least so many bytes; reads no more of them than that takes. */
  #weighMore({ after, upTo }: { readonly after: number; readonly upTo: number }, bytes: number): boolean {
    let left = bytes;
    for (let height = upTo; height > after && left > 0; height--) {
      left -= this.#tables.blocks.getBinaryFast(height)?.length ?? 0;
    }
    return left <= 0;
  }
}
