import { type EdgeCode, edgeCodes, type ResultCode, resultCodes } from '@assay/protocol';

/** What the caller can do about an error. */
export type ErrorAction = 'retry' | 'change-request' | 'reject-peer' | 'refund' | 'stop';

/** An error with a code that handlers switch on; the message is for people. */
export class AssayError extends Error {
  readonly code: EdgeCode | ResultCode;
  readonly action: ErrorAction;
  readonly detail: string;

  constructor(code: EdgeCode | ResultCode, detail = '', options: { action?: ErrorAction; cause?: unknown } = {}) {
    const info = code in edgeCodes ? edgeCodes[code as EdgeCode] : resultCodes[code as ResultCode];
    super(detail === '' ? info.sentence : `${info.sentence} ${detail}`, { cause: options.cause });
    this.name = 'AssayError';
    this.code = code;
    this.detail = detail;
    this.action = options.action ?? (info.status >= 500 || info.status === 429 ? 'retry' : 'change-request');
  }
}
