/** What this client itself can find wrong; every other code is the node's own (`spec/errors.md`). */
export type ClientCode = 'NODE_NOT_REACHABLE' | 'BAD_ANSWER' | 'BAD_RECEIPT' | 'BAD_PROOF' | 'BAD_TRUST';

/** A call that failed. Handlers switch on `code`; the message is for people. */
export class ClientError extends Error {
  /** A `ClientCode`, or the code the node answered with. */
  readonly code: ClientCode | (string & {});
  /** HTTP status of the answer; 0 when there was none. */
  readonly status: number;

  constructor(code: ClientCode | (string & {}), message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ClientError';
    this.code = code;
    this.status = options.status ?? 0;
  }
}
