import { createHash } from 'node:crypto';
import { headerRoot } from '@assay/ledger';
import { Block, limits, varint } from '@assay/protocol';
import { concatBytes, equalBytes, littleEndian } from '@assay/ssz';
import type { ChainStore } from '../../store/store.ts';
import {
  type AbciResponse,
  chunkResult,
  offerResult,
  type Snapshot,
  type SnapshotChunk,
  type SnapshotOffer,
} from './abci.ts';

/** 2: with the hash of each piece. */
const format = 2;
const maxChunkBytes = 1024 * 1024;
/** Snapshots in memory while they are served, also when the store has let go of them. */
const maxServed = 2;
const lengthBytes = 4;
const hashBytes = 32;

/** Hands out the state after a height to nodes that begin there: its block, and its snapshot. */
export class SnapshotSource {
  readonly #store: Pick<ChainStore, 'snapshotHeights' | 'snapshotAt' | 'blockAt'>;
  readonly #chunkBytes: number;
  readonly #offers = new Map<number, Snapshot>();
  readonly #served = new Map<number, Uint8Array>();
  readonly #keptFrom: () => number;

  /** `keptFrom`: the lowest height whose block CometBFT has; nobody can begin below it. */
  constructor(
    store: Pick<ChainStore, 'snapshotHeights' | 'snapshotAt' | 'blockAt'>,
    { chunkBytes = maxChunkBytes, keptFrom = () => 0 }: { chunkBytes?: number; keptFrom?: () => number } = {},
  ) {
    this.#store = store;
    this.#chunkBytes = chunkBytes;
    this.#keptFrom = keptFrom;
  }

  list(): Snapshot[] {
    const keptFrom = this.#keptFrom();
    const heights = this.#store.snapshotHeights().filter((height) => height >= keptFrom);
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
    return this.#part(payload, index);
  }

  #part(payload: Uint8Array, index: number): Uint8Array {
    return payload.subarray(index * this.#chunkBytes, (index + 1) * this.#chunkBytes);
  }

  #offer(height: number): Snapshot | null {
    const known = this.#offers.get(height);
    if (known !== undefined) return known;
    const payload = this.#payload(height);
    if (payload === null) return null;
    const chunks = Math.ceil(payload.length / this.#chunkBytes);
    const hashes = Array.from({ length: chunks }, (_, index) => sha256(this.#part(payload, index)));
    const metadata = concatBytes(hashes);
    const offer = { height, format, chunks, hash: sha256(metadata), metadata };
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

/** A snapshot that is being fetched, and its pieces so far. */
interface Taking {
  readonly snapshot: Snapshot;
  readonly appHash: Uint8Array;
  readonly chunks: Uint8Array[];
}

/** Puts a snapshot of another node together. It counts when its header is the one that the validators signed. */
export class SnapshotSink {
  readonly #options: SnapshotSinkOptions;
  #taking: Taking | null = null;

  constructor(options: SnapshotSinkOptions) {
    this.#options = options;
  }

  /** `appHash` is what the light client has of the height. */
  offer({ snapshot, appHash }: SnapshotOffer): number {
    if (snapshot === null) return offerResult.reject;
    if (snapshot.format !== format) return offerResult.rejectFormat;
    const { chunks, metadata, hash } = snapshot;
    if (chunks < 1 || chunks * maxChunkBytes > limits.maxSnapshotBytes) return offerResult.reject;
    if (metadata.length !== chunks * hashBytes || !equalBytes(sha256(metadata), hash)) return offerResult.reject;
    this.#options.log(`the state of height ${snapshot.height} is fetched, ${snapshot.chunks} pieces`);
    this.#taking = { snapshot, appHash, chunks: [] };
    return offerResult.accept;
  }

  /** A piece that is not the one that was offered is asked of others, and no more of who sent it. */
  async take({ index, chunk, sender }: SnapshotChunk): Promise<NonNullable<AbciResponse['applySnapshotChunk']>> {
    const taking = this.#taking;
    if (taking === null || index !== taking.chunks.length) return { result: chunkResult.retrySnapshot };
    const { snapshot, chunks } = taking;
    const hash = snapshot.metadata.subarray(index * hashBytes, (index + 1) * hashBytes);
    if (chunk.length > maxChunkBytes || !equalBytes(sha256(chunk), hash)) {
      this.#options.log(`piece ${index} of the state of height ${snapshot.height} is wrong; ${sender} is left out`);
      return { result: chunkResult.retry, refetchChunks: varint(index), rejectSender: sender };
    }
    chunks.push(chunk);
    if (chunks.length < snapshot.chunks) return { result: chunkResult.accept };
    this.#taking = null;
    return { result: await this.#begin(taking) };
  }

  async #begin({ snapshot, appHash, chunks }: Taking): Promise<number> {
    const payload = concatBytes(chunks);
    try {
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
