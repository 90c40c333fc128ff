import { AssayError, type EdgeCode } from '@assay/protocol';

/** What a request can be refused for once its model has seen it, by every miner alike (§5.15). */
const requestFaults: ReadonlySet<string> = new Set<EdgeCode>([
  'INVALID_REQUEST',
  'UNSUPPORTED_PARAMETER',
  'CONTEXT_TOO_LONG',
]);

/** Whether an error is the fault of the request: not of the node that found it. */
export function isRequestFault(error: unknown): error is AssayError {
  return error instanceof AssayError && requestFaults.has(error.code);
}

/** The request's fault that a miner names; null for any other code. */
export function requestFaultOf(code: string): EdgeCode | null {
  return requestFaults.has(code) ? (code as EdgeCode) : null;
}
