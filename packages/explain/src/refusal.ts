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
