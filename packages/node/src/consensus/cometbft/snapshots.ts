import { createHash } from 'node:crypto';
import { headerRoot } from '@assay/ledger';
import { Block } from '@assay/protocol';
import { concatBytes, equalBytes, littleEndian } from '@assay/ssz';
import type { ChainStore } from '../../store/store.ts';
import { chunkResult, offerResult, type Snapshot, type SnapshotChunk, type SnapshotOffer } from './abci.ts';

const format = 1;
const maxChunkBytes = 1024 * 1024;
const maxSnapshotBytes = 4 * 1024 * 1024 * 1024;
/** Snapshots in memory while they are served, also when the store has let go of them. */
const maxServed = 2;
const lengthBytes = 4;

/** Hands out the state after a height to nodes that begin there: its block, and its snapshot. */
export class SnapshotSource {
  readonly #store: Pick<ChainStore, 'snapshotHeights' | 'snapshotAt' | 'blockAt'>;
  readonly #chunkBytes: number;
  readonly #offers = new Map<number, Snapshot>();
  readonly #served = new Map<number, Uint8Array>();

  constructor(
    store: Pick<ChainStore, 'snapshotHeights' | 'snapshotAt' | 'blockAt'>,
    chunkBytes: number = maxChunkBytes,
  ) {
    this.#store = store;
    this.#chunkBytes = chunkBytes;
  }

  list(): Snapshot[] {
    const heights = this.#store.snapshotHeights();
    for (const height of this.#offers.keys()) if (!heights.includes(height)) this.#offers.delete(height);
    return heights.flatMap((height) => this.#offer(height) ?? []);
  }

  /** Part of the snapshot of a height; empty when there is none. */
  chunk(height: number, index: number): Uint8Array {
    const payload = this.#served.get(height) ?? this.#payload(height);
    if (payload === null) return new Uint8Array();
    this.#served.delete(height);
    this.#served.set(height, payload);
    for (const oldest of this.#served.keys()) if (this.#served.size > maxServed) this.#served.delete(oldest);
    return payload.subarray(index * this.#chunkBytes, (index + 1) * this.#chunkBytes);
  }

  #offer(height: number): Snapshot | null {
    const known = this.#offers.get(height);
    if (known !== undefined) return known;
    const payload = this.#payload(height);
    if (payload === null) return null;
    const chunks = Math.ceil(payload.length / this.#chunkBytes);
    const offer = { height, format, chunks, hash: sha256(payload), metadata: new Uint8Array() };
    this.#offers.set(height, offer);
    return offer;
  }

  #payload(height: number): Uint8Array | null {
    const block = this.#store.blockAt(height);
    const state = this.#store.snapshotAt(height);
    if (block === null || state === null) return null;
    return concatBytes([littleEndian(block.length, lengthBytes), block, state]);
  }
}

export interface SnapshotSinkOptions {
  /** Begins with a block and the state after it; rejects when they are not one. */
  readonly begin: (block: Block, state: Uint8Array) => Promise<void>;
  readonly log: (line: string) => void;
}

/** Puts a snapshot of another node together. It counts when its header is the one that the validators signed. */
export class SnapshotSink {
  readonly #options: SnapshotSinkOptions;
  #taking: { readonly snapshot: Snapshot; readonly appHash: Uint8Array; readonly chunks: Uint8Array[] } | null = null;

  constructor(options: SnapshotSinkOptions) {
    this.#options = options;
  }

  /** `appHash` is what the light client has of the height. */
  offer({ snapshot, appHash }: SnapshotOffer): number {
    if (snapshot === null) return offerResult.reject;
    if (snapshot.format !== format) return offerResult.rejectFormat;
    if (snapshot.chunks < 1 || snapshot.chunks * maxChunkBytes > maxSnapshotBytes) return offerResult.reject;
    this.#options.log(`the state of height ${snapshot.height} is fetched, ${snapshot.chunks} pieces`);
    this.#taking = { snapshot, appHash, chunks: [] };
    return offerResult.accept;
  }

  async take({ index, chunk }: SnapshotChunk): Promise<number> {
    const taking = this.#taking;
    if (taking === null || index !== taking.chunks.length || chunk.length > maxChunkBytes)
      return chunkResult.retrySnapshot;
    taking.chunks.push(chunk);
    const { snapshot, appHash, chunks } = taking;
    if (chunks.length < snapshot.chunks) return chunkResult.accept;
    this.#taking = null;
    const payload = concatBytes(chunks);
    try {
      if (!equalBytes(sha256(payload), snapshot.hash)) throw new Error('its pieces are not those that were offered');
      const length = new DataView(payload.buffer).getUint32(0, true);
      const block = Block.deserialize(payload.slice(lengthBytes, lengthBytes + length));
      const isSigned = equalBytes(headerRoot(block.header), appHash) && block.header.height === snapshot.height;
      if (!isSigned) throw new Error('its header is not the one that the validators signed');
      await this.#options.begin(block, payload.slice(lengthBytes + length));
    } catch (error) {
      this.#options.log(`the state of height ${snapshot.height} is refused: ${String(error)}`);
      return chunkResult.rejectSnapshot;
    }
    this.#options.log(`the chain here begins with the state of height ${snapshot.height}`);
    return chunkResult.accept;
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
