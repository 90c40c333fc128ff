import { toHex } from '@assay/ssz';

/** A question about the chain that has no answer; the message says why and what to do. */
export class Refusal extends Error {
  /** `usage` when another question would have one. */
  readonly kind: 'usage' | 'notFound' | 'verification' | 'failure';

  constructor(kind: Refusal['kind'], message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Refusal';
    this.kind = kind;
  }
}

/** What is said of a task that no block certified. */
export function notCertified(chain: { readonly height: number; readonly source: string }, taskId: Uint8Array): Refusal {
  const upTo = `up to block ${chain.height} of ${chain.source}`;
  return new Refusal('notFound', `No task 0x${toHex(taskId)} was certified ${upTo}.`);
}
