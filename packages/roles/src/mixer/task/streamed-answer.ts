import { equalBytes } from '@assay/ssz';
import { GrowingBytes } from '../../growing-bytes.ts';

/** A streamed piece whose signature and hash chain the shell has already checked; its text is UTF-8. */
export interface Piece {
  readonly ids: readonly number[];
  readonly text: Uint8Array;
}

/** How much of an answer an attempt has given. */
export interface Extent {
  readonly tokens: number;
  readonly textBytes: number;
}

/**
 * What the client of a task has. Every attempt must begin with it (§5.8), so one buffer holds the output of all of
 * them. It grows in place.
 */
export class StreamedAnswer {
  readonly #ids: number[] = [];
  readonly #text = new GrowingBytes();

  get length(): Extent {
    return { tokens: this.#ids.length, textBytes: this.#text.length };
  }

  /** Takes what an attempt that has given so much gives next. Returns what of it is new; null where it contradicts. */
  take({ tokens, textBytes }: Extent, { ids, text }: Piece): Piece | null {
    const knownIds = Math.min(ids.length, this.#ids.length - tokens);
    const knownBytes = Math.min(text.length, this.#text.length - textBytes);
    const there = this.#text.view(textBytes, textBytes + knownBytes);
    for (let i = 0; i < knownIds; i++) if (ids[i] !== this.#ids[tokens + i]) return null;
    for (let i = 0; i < knownBytes; i++) if (text[i] !== there[i]) return null;
    const fresh = { ids: ids.slice(knownIds), text: text.subarray(knownBytes) };
    for (const id of fresh.ids) this.#ids.push(id);
    this.#text.push(fresh.text);
    return fresh;
  }

  /** Whether it begins with these ids and this text. */
  beginsWith(ids: readonly number[], text: Uint8Array): boolean {
    const there = this.#text.view(0, text.length);
    return ids.every((id, i) => id === this.#ids[i]) && equalBytes(text, there);
  }
}
