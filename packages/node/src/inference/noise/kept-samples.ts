import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Sample } from './sample.ts';

const numbers = z.array(z.int().nonnegative());
const Line = z.tuple([
  z.int().nonnegative(),
  z.object({ variationsPpb: numbers, marginsMicro: numbers, leadsMicro: numbers }),
]);

/** Samples by the number of their request, in a file that grows with each: what ends in the middle goes on there. */
export class KeptSamples {
  readonly #path: string;
  readonly #samples = new Map<number, Sample>();

  /** Reads what is there; a line that was cut off is left out. Throws the error of the file system. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return;
    const text = readFileSync(path, 'utf8');
    for (const line of text.split('\n')) {
      const read = Line.safeParse(parsed(line));
      if (read.success) this.#samples.set(...read.data);
    }
    if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  }

  /** Throws the error of the file system. */
  add(number: number, sample: Sample): void {
    appendFileSync(this.#path, `${JSON.stringify([number, sample])}\n`);
    this.#samples.set(number, sample);
  }

  has(number: number): boolean {
    return this.#samples.has(number);
  }

  get size(): number {
    return this.#samples.size;
  }

  /** In the order of their numbers. */
  values(): Sample[] {
    return [...this.#samples].sort(([a], [b]) => a - b).map(([, sample]) => sample);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
