import { createHash } from 'node:crypto';
import type { Runtime } from '@assay/roles/ports/runtime';

const keptLines = 40;

/** What happened, in order: as a hash of all that counts, and the last lines of it for people. */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #said: string[] = [];
  readonly #monotonicMs: Runtime['monotonicMs'];

  constructor(monotonicMs: Runtime['monotonicMs']) {
    this.#monotonicMs = monotonicMs;
  }

  /** The root of a block. */
  block(height: number, root: Uint8Array): void {
    this.#hash.update(root);
    this.line(`block ${height}`);
  }

  /** What became of a request. */
  answer(line: string): void {
    this.#hash.update(`${this.#monotonicMs()} ${line}\n`);
    this.line(line);
  }

  /** A line of a role's log. */
  log(line: string): void {
    this.#said.push(`${this.#monotonicMs()} ms ${line}`);
    this.line(line);
  }

  /** What roles said of a task, which they call by the first digits of its id. */
  about(taskId: string): readonly string[] {
    return this.#said.filter((line) => line.includes(taskId.slice(2, 10)));
  }

  /** What roles said so far. */
  get said(): readonly string[] {
    return this.#said;
  }

  line(line: string): void {
    this.#lines.push(`${String(this.#monotonicMs()).padStart(8)} ms  ${line}`);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }

  get lastLines(): readonly string[] {
    return this.#lines;
  }

  /** SHA-256 of all block roots and answers so far, hexadecimal. */
  get hash(): string {
    return this.#hash.copy().digest('hex');
  }
}
