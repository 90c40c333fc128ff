import type { ApiError } from '@assay/client';
import { AssayError, type EdgeCode, infoOf, type ResultCode } from '@assay/protocol';

/** A request refused for one of its parameters: `param` is its path, as in `messages[0].role`. */
export class Refusal extends AssayError {
  readonly param: string;

  constructor(code: EdgeCode | ResultCode, param: string, detail: string) {
    super(code, detail);
    this.name = 'Refusal';
    this.param = param;
  }
}

/** After how long a client may ask again where nobody knows better, when the error is not its own. */
const usualRetryMs = 1000;

/** Framework errors that are the client's doing, by their code. Everything else with a 4xx status is a bad request. */
const frameworkCodes: ReadonlyMap<string, [EdgeCode, string]> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', ['REQUEST_TOO_LARGE', '']],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', ['INVALID_REQUEST', 'Its content-type is not one this route takes.']],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', ['INVALID_REQUEST', 'Its body is not as long as its content-length says.']],
  ['FST_ERR_BAD_URL', ['INVALID_REQUEST', 'Its address is not a valid URL.']],
  ['FST_ERR_MAX_PARAM_LENGTH', ['NOT_FOUND', '']],
]);

/** The AssayError an error is answered as; what is not the client's doing and not known becomes INTERNAL. */
export function refusalOf(error: unknown): AssayError {
  if (error instanceof AssayError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const known = frameworkCodes.get(String(code));
  if (known !== undefined) return new AssayError(...known);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return new AssayError('INVALID_REQUEST');
  return new AssayError('INTERNAL', '', { cause: error });
}

const paramOfCode: Partial<Record<EdgeCode | ResultCode, string>> = {
  MODEL_NOT_FOUND: 'model',
  CONTEXT_TOO_LONG: 'messages',
};

/** OpenAI's error shape. */
export function errorBody(error: AssayError): ApiError {
  const param = error instanceof Refusal ? error.param : (paramOfCode[error.code] ?? null);
  return { error: { message: error.message, type: infoOf(error.code).type, code: error.code, param } };
}

/** Headers that belong to an error. */
export function errorHeaders(error: AssayError): Record<string, string> {
  const { status, isFinal = false } = infoOf(error.code);
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  const retryAfterS = Math.ceil((error.retryAfterMs || usualRetryMs) / 1000);
  return !isFinal && (status === 503 || status === 429) ? { 'retry-after': String(retryAfterS) } : {};
}
