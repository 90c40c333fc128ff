import { AssayError } from '@assay/protocol';

/** §5.15 The request's own fault; a key, an account, a limit or a model that fails is that of the node. */
export const requestStatuses: ReadonlySet<unknown> = new Set([400, 413, 422]);

/** What a server did wrong, or the way to it: a failure of this node. */
export function failed(baseUrl: string, what: string, cause?: unknown): AssayError {
  return new AssayError('BACKEND_FAILED', `The server at ${baseUrl} ${what}`, { cause });
}

/** §5.15 What a server says that it refuses a request with. */
export function refused(reason: string, { isTooLong, cause }: { isTooLong: boolean; cause?: unknown }): AssayError {
  const code = isTooLong ? 'CONTEXT_TOO_LONG' : 'INVALID_REQUEST';
  return new AssayError(code, `The upstream server refuses it (${reason}).`, { cause });
}

/** Nobody answers there. */
export function unreachable(baseUrl: string, cause: Error): AssayError {
  return failed(baseUrl, `cannot be reached (${rootOf(cause).message}). Is it running?`, cause);
}

function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}
