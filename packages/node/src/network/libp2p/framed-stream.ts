import { limits } from '@assay/protocol';
import { type MessageStream, networkLimits, type PeerId, StreamLost } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';
import type { Stream } from '@libp2p/interface';
import { deadline } from './deadline.ts';
import { encodeFrame, type Frame, FrameFault, FrameReader } from './frames.ts';

/** So many messages are read before that is said; or so many bytes. */
const reportMessages = networkLimits.streamMessages / 4;
const reportBytes = networkLimits.streamBytes / 4;
/** Longest wait until what was sent has left, when a stream is closed. */
const flushMs = 10_000;
/** Longest wait for the other side's end, once nobody reads here. */
const lingerMs = 2000;

export interface StreamOwner {
  readonly timers: Timers;
  readonly peer: PeerId;
  /** The other side sent what no honest peer sends. */
  readonly onFault: (reason: string) => void;
  /** The other side sent what nobody here can read. */
  readonly onUnreadable: (what: string) => void;
  /** So many bytes more, or fewer, wait to be read; false when that is too much, and the stream breaks. */
  readonly hold: (bytes: number) => boolean;
  /** Neither side will send any more, or the stream broke. */
  readonly onOver: () => void;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly sent: () => void;
  readonly lost: (error: StreamLost) => void;
}

/** A libp2p stream as a sequence of messages: whoever sends waits until the other side has read (§5.24). */
export class FramedStream implements MessageStream {
  readonly messages = { next: () => this.#next() };
  /** Resolves when the other side has taken the stream; rejects when it broke before. */
  readonly taken: Promise<void>;
  readonly #raw: Stream;
  readonly #owner: StreamOwner;
  readonly #frames = new FrameReader();
  readonly #taken = Promise.withResolvers<void>();
  // What comes in.
  readonly #unread: Uint8Array[] = [];
  readonly #notReported = { messages: 0, bytes: 0 };
  readonly #read = { messages: 0, bytes: 0 };
  #unreadBytes = 0;
  #heldBytes = 0;
  #hasBegun = false;
  #isEnded = false;
  #wakeReader: () => void = () => {};
  // What goes out: the lengths of messages that the other side has not read.
  readonly #sent: number[] = [];
  #sentBytes = 0;
  readonly #waiting: Waiting[] = [];
  #isDraining = false;
  #isClosed = false;
  #isLost = false;
  /** Neither side sends any more: who reads what is left holds it, not the network. */
  #isOver = false;

  constructor(raw: Stream, owner: StreamOwner) {
    this.#raw = raw;
    this.#owner = owner;
    this.taken = this.#taken.promise;
    this.taken.catch(() => {});
    raw.addEventListener('message', ({ data }) => this.#onBytes(data.subarray()));
    raw.addEventListener('close', () => this.#lose());
    raw.addEventListener('end', () => this.#isEnded || this.#lose());
    // What came before it broke is read first.
    if (raw.status !== 'open') queueMicrotask(() => this.#lose());
  }

  /** The other side. */
  get peer(): PeerId {
    return this.#owner.peer;
  }

  /** Tells who opened the stream that it is taken. */
  take(): void {
    this.#write({ kind: 'read', count: 0 });
  }

  hasBegun(): boolean {
    return this.#hasBegun;
  }

  send(message: Uint8Array): Promise<void> {
    if (message.length > limits.maxMessageBytes) {
      const reason = `a message of ${message.length} bytes is above the limit of ${limits.maxMessageBytes}`;
      return Promise.reject(new RangeError(reason));
    }
    if (this.#isClosed || this.#isLost) return Promise.reject(new StreamLost(this.#owner.peer));
    return new Promise((sent, lost) => {
      this.#waiting.push({ message, sent, lost });
      this.#sendWaiting();
    });
  }

  close(): void {
    if (this.#isClosed || this.#isLost) return;
    this.#isClosed = true;
    this.#giveUpWaiting();
    this.#write({ kind: 'end' });
    if (this.#isEnded) this.#finish();
  }

  abort(unreadable?: string): void {
    if (unreadable !== undefined) this.#owner.onUnreadable(unreadable);
    this.#raw.abort(new Error('aborted'));
    this.#unread.length = 0;
    this.#lose();
  }

  /** Whoever served the stream is done with it: what was sent still goes, the other side has a while to end it. */
  release(): void {
    if (!this.#isClosed) this.abort();
    else if (!this.#isOver) this.#owner.timers.timer(lingerMs, () => this.#isOver || this.abort());
  }

  #finish(): void {
    const { signal, cancel } = deadline(this.#owner.timers, flushMs);
    const giveUp = () => this.#raw.abort(new Error('not read'));
    this.#raw.close({ signal }).catch(giveUp).finally(cancel);
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#account();
    this.#owner.onOver();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const message = this.#unread.shift();
      if (message !== undefined) {
        this.#unreadBytes -= message.length;
        this.#account();
        this.#report(message.length);
        return { done: false, value: message };
      }
      if (this.#isEnded) return { done: true, value: undefined };
      if (this.#isLost) throw new StreamLost(this.#owner.peer);
      await new Promise<void>((wake) => {
        this.#wakeReader = wake;
      });
    }
  }

  #report(bytes: number): void {
    const read = this.#read;
    read.messages++;
    read.bytes += bytes;
    if (this.#isEnded || (read.messages < reportMessages && read.bytes < reportBytes)) return;
    this.#notReported.messages -= read.messages;
    this.#notReported.bytes -= read.bytes;
    this.#write({ kind: 'read', count: read.messages });
    read.messages = 0;
    read.bytes = 0;
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#isLost) return;
    try {
      for (const frame of this.#frames.push(bytes)) this.#onFrame(frame);
    } catch (error) {
      this.abort();
      if (!(error instanceof FrameFault)) throw error;
      this.#owner.onFault(error.message);
    }
    if (!this.#account()) this.abort();
  }

  #onFrame(frame: Frame): void {
    if (frame.kind === 'read') {
      this.#onRead(frame.count);
      return;
    }
    if (this.#isEnded) throw new FrameFault('more after the end');
    if (frame.kind === 'end') this.#onEnd();
    else this.#onMessage(frame.message);
    this.#wakeReader();
  }

  #onMessage(message: Uint8Array): void {
    const ahead = this.#notReported;
    ahead.messages++;
    ahead.bytes += message.length;
    const { streamMessages, streamBytes } = networkLimits;
    const isTooMuch = ahead.messages > streamMessages || (ahead.messages > 1 && ahead.bytes > streamBytes);
    if (isTooMuch) throw new FrameFault('messages that do not wait for their reader');
    this.#hasBegun = true;
    this.#unread.push(message);
    this.#unreadBytes += message.length;
  }

  #onEnd(): void {
    this.#isEnded = true;
    if (this.#isClosed) this.#finish();
  }

  #onRead(count: number): void {
    this.#taken.resolve();
    if (count > this.#sent.length) throw new FrameFault('more read than was sent');
    for (const length of this.#sent.splice(0, count)) this.#sentBytes -= length;
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !this.#hasRoomFor(next.message.length)) return;
      if (this.#raw.writableNeedsDrain) {
        this.#sendWhenDrained();
        return;
      }
      this.#waiting.shift();
      this.#sent.push(next.message.length);
      this.#sentBytes += next.message.length;
      this.#write({ kind: 'message', message: next.message });
      if (this.#isLost) next.lost(new StreamLost(this.#owner.peer));
      else next.sent();
    }
  }

  #sendWhenDrained(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const goOn = () => {
      this.#isDraining = false;
      this.#sendWaiting();
    };
    // Its `onDrain()` resolves at once from the second time on.
    this.#raw.addEventListener('drain', () => queueMicrotask(goOn), { once: true });
  }

  #hasRoomFor(bytes: number): boolean {
    const { streamMessages, streamBytes } = networkLimits;
    if (this.#sent.length === 0) return true;
    return this.#sent.length < streamMessages && this.#sentBytes + bytes <= streamBytes;
  }

  #write(frame: Frame): void {
    if (this.#isLost) return;
    try {
      this.#raw.send(encodeFrame(frame));
    } catch {
      this.#lose();
    }
  }

  /** What the other side ended properly stays to be read. */
  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    if (!this.#isEnded) this.#unread.length = 0;
    this.#giveUpWaiting();
    this.#taken.reject(new StreamLost(this.#owner.peer));
    this.#wakeReader();
    this.#end();
  }

  #giveUpWaiting(): void {
    for (const { lost } of this.#waiting.splice(0)) lost(new StreamLost(this.#owner.peer));
  }

  #account(): boolean {
    const heldBytes = this.#isOver ? 0 : this.#unreadBytes + this.#frames.heldBytes;
    const more = heldBytes - this.#heldBytes;
    this.#heldBytes = heldBytes;
    return more === 0 || this.#owner.hold(more);
  }
}
