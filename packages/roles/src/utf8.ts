const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes as text, whole: a byte order mark at the beginning stays, and what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** As `decodeText`, over pieces that may end within a character: it comes with the piece that completes it. */
export class TextPieces {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  push(piece: Uint8Array): string {
    return this.#decoder.decode(piece, { stream: true });
  }

  /** What an unfinished character leaves. */
  flush(): string {
    return this.#decoder.decode();
  }
}
