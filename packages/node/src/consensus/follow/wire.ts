import { limits, Parcel } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';
import { decoded, inTime } from '@assay/roles/ports/wire';
import { concatBytes } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';

/** How nodes speak of their chains (§19.1). */
export const chainProtocols = {
  status: '/assay/status/1',
  blocks: '/assay/blocks/1',
  snapshots: '/assay/snapshots/1',
  transactions: '/assay/transactions/1',
} as const;
export const headTopic = 'assay/head/1';

/** What a node serves to one peer and to all at once (§19.2); more is refused. */
export const served = {
  status: { perPeer: 4, inAll: 256 },
  blocks: { perPeer: 2, inAll: 64 },
  snapshots: { perPeer: 1, inAll: 4 },
  transactions: { perPeer: 2, inAll: 256 },
} as const;

/** Blocks of one answer at most, and bytes after which it ends with the block it is at. */
export const answerBlocks = 64;
export const answerBytes = 8 * 1024 * 1024;
/** Transactions of one stream that wait for their answers; the next is read when there is room. */
export const transactionsAtOnce = 64;

/** Largest serialised block with its seal: offsets, header, and one offset for each transaction are in the rest. */
export const sealedBlockLimit = limits.maxBlockBytes + limits.maxSealBytes;
/** Longest wait for a piece, and for the other side to take one, milliseconds. */
const pieceMs = 5000;
/** Longest wait for a parcel: so long, and as its bytes take at 2 Mbit/s. */
const patienceMs = 10_000;
/** Longest wait for all blocks of an answer, beside what their bytes take, and for all answers of one stream. */
export const answerPatienceMs = { blocks: 3000, transactions: 5000 } as const;
const leastBytesPerMs = 256;

/** What a peer said breaks a rule, whatever the weather: it cannot come from a node that means well. */
export class PeerFault extends Error {}

/** Sends bytes in pieces, each once there is room for it. */
export async function sendParcel(
  runtime: Timers,
  stream: MessageStream,
  bytes: Uint8Array,
  isToVerify = false,
): Promise<void> {
  await sendSoon(runtime, stream, Parcel.serialize({ bytes: bytes.length, isToVerify }));
  for (let at = 0; at < bytes.length; at += limits.dataPieceBytes) {
    await sendSoon(runtime, stream, bytes.subarray(at, at + limits.dataPieceBytes));
  }
}

/** Sends a message; breaks the stream when the other side does not take it. */
export function sendSoon(runtime: Timers, stream: MessageStream, message: Uint8Array): Promise<void> {
  return inTime(runtime, stream, pieceMs, stream.send(message));
}

/** The next message; breaks the stream when the other side brings none. */
export function nextSoon(runtime: Timers, stream: MessageStream): Promise<IteratorResult<Uint8Array>> {
  return inTime(runtime, stream, pieceMs, stream.messages.next());
}

/** How long so many bytes may take, milliseconds. */
export function leastMsFor(bytes: number): number {
  return Math.ceil(bytes / leastBytesPerMs);
}

/**
 * What the other side sends as one; null when it has closed. It may take `mostMs`, and as its bytes take. Throws
 * {@link PeerFault} and `StreamLost`.
 */
export async function receiveParcel(
  runtime: Timers,
  stream: MessageStream,
  maxBytes: number,
  mostMs = patienceMs,
): Promise<{ readonly bytes: Uint8Array; readonly isToVerify: boolean } | null> {
  const parcel = await inTime(runtime, stream, mostMs, receiveSound(runtime, stream, Parcel));
  if (parcel === null) return null;
  const { bytes: length, isToVerify } = parcel;
  if (length === 0 || length > maxBytes) throw new PeerFault(`it announced ${length} bytes, the most is ${maxBytes}`);
  const limitMs = mostMs + leastMsFor(length);
  return { bytes: await inTime(runtime, stream, limitMs, receivePieces(runtime, stream, length)), isToVerify };
}

/** What a peer answers to one question with a parcel; null when it closes without one. */
export async function askParcel(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peer: PeerId,
  {
    protocol,
    question,
    maxBytes,
  }: { readonly protocol: string; readonly question: Uint8Array; readonly maxBytes: number },
): Promise<Uint8Array | null> {
  const stream = await endpoint.open(peer, protocol);
  try {
    await stream.send(question);
    return (await receiveParcel(runtime, stream, maxBytes))?.bytes ?? null;
  } finally {
    stream.abort();
  }
}

async function receivePieces(runtime: Timers, stream: MessageStream, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let left = length; left > 0; left -= limits.dataPieceBytes) {
    const { done, value } = await nextSoon(runtime, stream);
    if (done === true) throw new Error(`it ended ${left} bytes before it had sent all`);
    const due = Math.min(left, limits.dataPieceBytes);
    if (value.length !== due) throw new PeerFault(`it sent a piece of ${value.length} bytes in place of ${due}`);
    pieces.push(value);
  }
  return concatBytes(pieces);
}

/** The next message, decoded; null when the other side has closed. Throws {@link PeerFault} where it is another. */
export async function receiveSound<T>(runtime: Timers, stream: MessageStream, type: Type<T>): Promise<T | null> {
  const { done, value } = await nextSoon(runtime, stream);
  if (done === true) return null;
  return soundly(`a message that is no ${type.typeName}`, () => decoded(stream, type, value));
}

/** What is decoded. Throws {@link PeerFault} where bytes are not what they should be. */
export function soundly<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new PeerFault(`it sent ${what}`, { cause });
  }
}
