import { type CodeInfo, type EdgeCode, edgeCodes, type ResultCode, resultCodes } from './codes.ts';

/** Whether a word that somebody sent is one of the codes. */
export function isCode(word: string): word is EdgeCode | ResultCode {
  return Object.hasOwn(edgeCodes, word) || Object.hasOwn(resultCodes, word);
}

/** Sentence, HTTP status and type of a code (`spec/errors.md`). */
export function infoOf(code: EdgeCode | ResultCode): CodeInfo {
  return code in edgeCodes ? edgeCodes[code as EdgeCode] : resultCodes[code as ResultCode];
}

/** An error with a code that handlers switch on; the message is for people. */
export class AssayError extends Error {
  readonly code: EdgeCode | ResultCode;
  readonly detail: string;
  /** After how long it is worth asking again, milliseconds; 0 where that is not known. */
  readonly retryAfterMs: number;

  constructor(code: EdgeCode | ResultCode, detail = '', options: { cause?: unknown; retryAfterMs?: number } = {}) {
    const { sentence } = infoOf(code);
    super(detail === '' ? sentence : `${sentence} ${detail}`, { cause: options.cause });
    this.name = 'AssayError';
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}
