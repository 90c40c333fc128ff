import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Fetching } from './fetching.ts';

const defaultHub = 'https://huggingface.co';

/** How long a hub may keep silent, milliseconds: before its first byte, and between any two. */
export interface Patience {
  readonly firstByteMs: number;
  readonly nextByteMs: number;
}
const usualPatience: Patience = { firstByteMs: 5000, nextByteMs: 30_000 };

/** Where the hub keeps a file; `HF_ENDPOINT` names a mirror. */
export function hubUrl(repository: string, file: string): string {
  const hub = process.env['HF_ENDPOINT'] ?? defaultHub;
  return `${hub.replace(/\/+$/, '')}/${repository}/resolve/main/${file}`;
}

/**
 * Downloads into `partPath`, going on where an earlier download stopped if the server can. Rejects with an Error whose
 * message completes "the hub …", or with the error of the file system.
 */
export async function downloadFromHub(url: string, fetching: Fetching, patience = usualPatience): Promise<void> {
  const { partPath, sizeBytes, onBytes } = fetching;
  const have = await stat(partPath).then(
    ({ size }) => size,
    () => 0,
  );
  if (have === sizeBytes) return;
  const from = have < sizeBytes ? have : 0;
  const silence = new Silence(patience.firstByteMs);
  try {
    const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
    const response = await fetch(url, { headers, signal: silence.signal });
    const start = startOf(response, from, sizeBytes);
    const file = await open(partPath, start > 0 ? 'r+' : 'w');
    try {
      const heard = (at: number) => {
        silence.broken(patience.nextByteMs);
        onBytes(at);
      };
      await writeBody(file, response, { start, sizeBytes, heard });
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw silence.signal.aborted ? new Error(silence.reason(), { cause }) : plain(cause);
  } finally {
    silence.end();
  }
}

/** Writes a body from `start` on; throws when it is longer or shorter than the file. */
async function writeBody(
  file: FileHandle,
  response: Response,
  { start, sizeBytes, heard }: { start: number; sizeBytes: number; heard: (at: number) => void },
): Promise<void> {
  let at = start;
  for await (const chunk of response.body ?? []) {
    if (at + chunk.length > sizeBytes) throw new Error('sent more than the file has');
    await writeWhole(file, chunk, at);
    at += chunk.length;
    heard(at);
  }
  await file.truncate(at);
  await file.sync();
  if (at < sizeBytes) throw new Error(`stopped after ${at} of ${sizeBytes} bytes`);
}

/** First byte the body holds. */
function startOf(response: Response, from: number, sizeBytes: number): number {
  if (!response.ok) throw new Error(`answered ${response.status} ${response.statusText}`.trim());
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  const start = response.status === 206 ? Number(range?.[1]) : 0;
  if (response.status === 206 && start !== from) throw new Error('sent another part than was asked for');
  const length = response.headers.get('content-length');
  if (length !== null && !response.headers.has('content-encoding') && start + Number(length) !== sizeBytes) {
    throw new Error(`has a file of ${start + Number(length)} bytes there, not of ${sizeBytes}`);
  }
  return start;
}

async function writeWhole(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

/** Aborts a request after a time without a byte. */
class Silence {
  readonly #controller = new AbortController();
  #limitMs: number;
  #timer: NodeJS.Timeout;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#timer = this.#begin();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  broken(nextLimitMs: number): void {
    this.end();
    this.#limitMs = nextLimitMs;
    this.#timer = this.#begin();
  }

  reason(): string {
    return `did not answer for ${this.#limitMs / 1000} s`;
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #begin(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(), this.#limitMs);
  }
}

/** The words of `fetch` say less than those of its cause. */
function plain(error: unknown): unknown {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  return new Error(`cannot be reached (${error.cause.message})`, { cause: error });
}
