import { limits } from '@assay/protocol';
import { encodeText } from '@assay/ssz';
import type { GeneratedToken, GenerateEvent } from '../ports/inference.ts';

/** Turns ids into text; ids before `ids` may be given so that spaces at the seam come out right. */
export type Detokenize = (ids: readonly number[], before: readonly number[]) => string | Promise<string>;

const maxSegmentTokens = 32;
/** A text this long ends its answer: what the last tokens may still add fits below the limit of the network. */
export const fullTextBytes = limits.maxOutputBytes - 2 * maxSegmentTokens * limits.maxTokenBytes;

const nothing = new Uint8Array(0);

/**
 * Token ids to text, one at a time. Text is withheld while its last character may be incomplete; text once given is
 * never taken back. The text of a list of ids is defined as what this class makes of it, so that streamed and whole
 * text agree byte by byte (verification §1.4).
 */
export class TextAssembler {
  readonly #detokenize: Detokenize;
  #before: number[] = [];
  #segment: number[] = [];
  #given = 0;

  constructor(detokenize: Detokenize) {
    this.#detokenize = detokenize;
  }

  async push(id: number): Promise<Uint8Array> {
    this.#segment.push(id);
    const text = await this.#detokenize(this.#segment, this.#before);
    // A character cut off at the end is decoded as one replacement character.
    const complete = !text.endsWith('\uFFFD') || this.#segment.length >= maxSegmentTokens;
    const out = text.slice(this.#given, complete ? undefined : -1);
    this.#given += out.length;
    if (complete) this.#startSegment();
    return encodeText(out);
  }

  /** The rest, when no more tokens come. */
  async flush(): Promise<Uint8Array> {
    const text = await this.#detokenize(this.#segment, this.#before);
    const rest = text.slice(this.#given);
    this.#startSegment();
    return encodeText(rest);
  }

  #startSegment(): void {
    this.#before = this.#segment.slice(-4);
    this.#segment = [];
    this.#given = 0;
  }
}

/** The text of a list of ids: what each of them adds, and at last the rest. */
export async function textPieces(detokenize: Detokenize, ids: readonly number[]): Promise<Uint8Array[]> {
  const assembler = new TextAssembler(detokenize);
  const pieces: Uint8Array[] = [];
  for (const id of ids) pieces.push(await assembler.push(id));
  return [...pieces, await assembler.flush()];
}

/** Ends a text before the stop sequence that is complete first; withholds what may be the start of one. Bytes only. */
export class StopFilter {
  readonly #stops: readonly Buffer[];
  #withheld: Uint8Array = nothing;
  stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop.length > 0).map((stop) => Buffer.from(stop));
  }

  /** The text that may be given now. Once `stopped`, nothing more is. */
  push(text: Uint8Array): Uint8Array {
    if (this.stopped) return nothing;
    if (this.#stops.length === 0) return text;
    const all = Buffer.concat([this.#withheld, text]);
    const found = this.#stops.map((stop) => ({ start: all.indexOf(stop), length: stop.length })).filter(isFound);
    const [first] = found.sort((a, b) => a.start + a.length - b.start - b.length || a.start - b.start);
    if (first !== undefined) {
      this.stopped = true;
      this.#withheld = nothing;
      return bytesOf(all, 0, first.start);
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#withheld = bytesOf(all, all.length - keep, all.length);
    return bytesOf(all, 0, all.length - keep);
  }

  /** What was withheld, when no more text comes. */
  flush(): Uint8Array {
    const rest = this.#withheld;
    this.#withheld = nothing;
    return rest;
  }
}

/** How the pieces of an output become its text, for who makes it and for who checks it (verification §1.4). */
export class OutputText {
  readonly #filter: StopFilter;
  #bytes = 0;

  constructor(stops: readonly string[]) {
    this.#filter = new StopFilter(stops);
  }

  /** Whether a stop sequence is complete. */
  get stopped(): boolean {
    return this.#filter.stopped;
  }

  /** Whether no token may follow: a stop sequence is complete, or the text is as long as the network carries. */
  get isOver(): boolean {
    return this.stopped || this.#bytes > fullTextBytes;
  }

  /** The text that may be given after one token more. */
  push(piece: Uint8Array): Uint8Array {
    this.#bytes += piece.length;
    return this.#filter.push(piece);
  }

  /** The text that is left when no token follows. */
  end(rest: Uint8Array): Uint8Array {
    const last = this.#filter.push(rest);
    return Uint8Array.from(Buffer.concat([last, this.#filter.flush()]));
  }
}

/** A generation as its tokens come: `next` gives the token of a step, or null where the model ends. */
export async function* generateText(
  request: { readonly maxTokens: number; readonly stop: readonly string[] },
  detokenize: Detokenize,
  next: (step: number) => Promise<GeneratedToken | null>,
): AsyncGenerator<GenerateEvent> {
  const assembler = new TextAssembler(detokenize);
  const output = new OutputText(request.stop);
  const end = async (finish: 'stop' | 'length'): Promise<GenerateEvent> => {
    const text = output.end(await assembler.flush());
    return { type: 'end', finish: output.stopped ? 'stop' : finish, text };
  };
  for (let step = 0; step < request.maxTokens; step++) {
    const token = await next(step);
    if (token === null) return yield await end('stop');
    yield { type: 'tokens', tokens: [token], text: output.push(await assembler.push(token.id)) };
    if (output.isOver) break;
  }
  yield await end('length');
}

const isFound = (match: { readonly start: number }) => match.start >= 0;

/** A copy that shares nothing with the pool of buffers. */
function bytesOf(all: Buffer, start: number, end: number): Uint8Array {
  return Uint8Array.from(all.subarray(start, end));
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: Buffer, stop: Buffer): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.subarray(text.length - length).equals(stop.subarray(0, length))) return length;
  }
  return 0;
}
