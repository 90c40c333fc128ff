import { type EdgeCode, edgeCodes, type ResultCode, resultCodes } from '@assay/protocol';

/** An error with a code that handlers switch on; the message is for people. */
export class AssayError extends Error {
  readonly code: EdgeCode | ResultCode;
  readonly detail: string;

  constructor(code: EdgeCode | ResultCode, detail = '', options: { cause?: unknown } = {}) {
    const info = code in edgeCodes ? edgeCodes[code as EdgeCode] : resultCodes[code as ResultCode];
    super(detail === '' ? info.sentence : `${info.sentence} ${detail}`, { cause: options.cause });
    this.name = 'AssayError';
    this.code = code;
    this.detail = detail;
  }
}
