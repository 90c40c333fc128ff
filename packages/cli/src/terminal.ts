import type { WriteStream } from 'node:tty';

/** Where a command writes: its result to `out`, what happens meanwhile to `note`. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly note: NodeJS.WritableStream;
}

/** Whether a person sees the stream. */
export function isTerminal(stream: NodeJS.WritableStream): stream is WriteStream {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** One line rewritten in place on a terminal; elsewhere at most one in `quietMs`, and never the same twice. */
export class LiveLine {
  readonly #stream: NodeJS.WritableStream;
  readonly #quietMs: number;
  #shown = '';
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WritableStream, quietMs: number) {
    this.#stream = stream;
    this.#quietMs = quietMs;
  }

  show(text: string): void {
    if (text === this.#shown) return;
    if (isTerminal(this.#stream)) {
      this.#stream.write(`\r\u001b[2K${fitted(text, this.#stream.columns)}`);
    } else {
      const nowMs = performance.now();
      if (nowMs - this.#shownAtMs < this.#quietMs) return;
      this.#shownAtMs = nowMs;
      this.#stream.write(`${text}\n`);
    }
    this.#shown = text;
  }

  /** Ends the line, so that what follows starts on its own. */
  end(): void {
    if (this.#shown !== '' && isTerminal(this.#stream)) this.#stream.write('\n');
    this.#shown = '';
  }
}

function fitted(text: string, columns: number): string {
  return columns > 1 && text.length >= columns ? `${text.slice(0, columns - 2)}…` : text;
}

const barWidth = 24;

/** `name  [#####.....]  12.3 of 98.4 MB`. */
export function progressText(name: string, doneBytes: number, totalBytes: number): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const filled = Math.round((barWidth * Math.min(doneBytes, totalBytes)) / totalBytes);
  const bar = '#'.repeat(filled) + '.'.repeat(barWidth - filled);
  return `${name}  [${bar}]  ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`;
}
