import { BlocksRequest, ChainStatus, limits, SealedBlock, SnapshotRequest, TransactionAnswer } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { answerMs, inTime } from '@assay/roles/ports/wire';
import {
  answerPatienceMs,
  chainProtocols,
  leastMsFor,
  receiveParcel,
  receiveSound,
  sealedBlockLimit,
  soundly,
} from './wire.ts';

/** What other nodes are asked with. */
export interface Asking {
  readonly endpoint: Pick<Endpoint, 'open'>;
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
  /** Breaks what is under way. */
  readonly signal: AbortSignal;
}

/** A block as another node gave it. */
export interface OfferedBlock {
  readonly sealed: SealedBlock;
  /** Whether that node says that it rests on a signature that does not hold (§19.4). */
  readonly isToVerify: boolean;
}

/** How far a node is. Rejects with `PeerFault` for what no honest node does, and with another Error. */
export function askStatus(asking: Asking, peer: PeerId): Promise<ChainStatus | null> {
  return withStream(asking, peer, 'status', async (stream) => {
    await stream.send(new Uint8Array(1));
    stream.close();
    return inTime(asking.runtime, stream, answerMs, receiveSound(asking.runtime, stream, ChainStatus));
  });
}

/** Gives each of the blocks to `take` as it comes, until one resolves to false; gives how many came. */
export function askBlocks(
  asking: Asking,
  peer: PeerId,
  request: BlocksRequest,
  take: (block: OfferedBlock) => Promise<boolean>,
): Promise<number> {
  return withStream(asking, peer, 'blocks', async (stream) => {
    await stream.send(BlocksRequest.serialize(request));
    stream.close();
    // §19.2 Who gives each piece just in time would hold a follower for minutes.
    let leftMs: number = answerPatienceMs.blocks;
    for (let count = 0; count < request.count; count++) {
      const sinceMs = asking.runtime.monotonicMs();
      const parcel = await receiveParcel(asking.runtime, stream, sealedBlockLimit, leftMs);
      if (parcel === null) return count;
      leftMs = Math.max(0, leftMs + leastMsFor(parcel.bytes.length) - (asking.runtime.monotonicMs() - sinceMs));
      const sealed = soundly('bytes that are no block', () => SealedBlock.deserialize(parcel.bytes));
      if (!(await take({ sealed, isToVerify: parcel.isToVerify }))) return count + 1;
    }
    return request.count;
  });
}

/** The block of a height and the state after it; null when it has them not. */
export function askSnapshot(
  asking: Asking,
  peer: PeerId,
  height: number,
): Promise<{ readonly sealed: SealedBlock; readonly state: Uint8Array } | null> {
  return withStream(asking, peer, 'snapshots', async (stream) => {
    await stream.send(SnapshotRequest.serialize({ height }));
    stream.close();
    const block = await receiveParcel(asking.runtime, stream, sealedBlockLimit);
    if (block === null) return null;
    const sealed = soundly('bytes that are no block', () => SealedBlock.deserialize(block.bytes));
    const state = await receiveParcel(asking.runtime, stream, limits.maxSnapshotBytes);
    if (state === null) throw new Error('it sent a block without the state after it');
    return { sealed, state: state.bytes };
  });
}

/** Hands transactions on in their order, and gives the answer to each to `hear` as it comes. */
export function sendTransactions(
  asking: Asking,
  peer: PeerId,
  transactions: readonly Uint8Array[],
  hear: (index: number, answer: TransactionAnswer) => void,
): Promise<void> {
  return withStream(asking, peer, 'transactions', async (stream) => {
    const sent = sendAll(stream, transactions);
    sent.catch(() => {});
    const answers = async () => {
      for (const index of transactions.keys()) {
        const answer = await receiveSound(asking.runtime, stream, TransactionAnswer);
        if (answer === null) throw new Error('it answered fewer transactions than it was sent');
        hear(index, answer);
      }
      await sent;
    };
    await inTime(asking.runtime, stream, answerPatienceMs.transactions, answers());
  });
}

async function sendAll(stream: MessageStream, messages: readonly Uint8Array[]): Promise<void> {
  for (const message of messages) await stream.send(message);
  stream.close();
}

/** What `use` gives; the stream does not outlive it. */
async function withStream<T>(
  { endpoint, signal }: Asking,
  peer: PeerId,
  protocol: keyof typeof chainProtocols,
  use: (stream: MessageStream) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const stream = await endpoint.open(peer, chainProtocols[protocol]);
  const abort = () => stream.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await use(stream);
  } finally {
    signal.removeEventListener('abort', abort);
    stream.abort();
  }
}
