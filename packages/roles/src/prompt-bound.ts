import { type InferencePayload, limits } from '@assay/protocol';

/** Most tokens a text can be: each has a byte of it, but for the one that ends it (§5.5). */
export const textTokensBound = (textBytes: number): number => textBytes + 1;

/** §5.16 Most bytes of text that an answer of so many tokens may be. */
export const textBytesBound = (tokens: number): number =>
  Math.min(limits.maxOutputBytes, tokens * limits.maxTokenBytes);

/** What is signed of the length of a task with this payload, for a model of this context (§6.6). */
export function boundsOf(
  payload: InferencePayload,
  contextTokens: number,
): { readonly maxTokensIn: number; readonly maxTokensOut: number } {
  const { maxTokens } = payload;
  return { maxTokensIn: promptTokensBound(payload, contextTokens - maxTokens), maxTokensOut: maxTokens };
}

/** Upper bound of a prompt's tokens: no token is shorter than a byte, and the template adds its own. */
export function promptTokensBound(payload: InferencePayload, contextLeft: number): number {
  const template = 64 + 16 * payload.messages.length;
  const bytes = payload.messages.reduce((sum, message) => sum + message.content.length, 0);
  return Math.min(bytes + template, contextLeft);
}
