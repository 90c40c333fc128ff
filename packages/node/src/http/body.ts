import { AssayError } from '@assay/protocol';
import type { FastifyInstance } from 'fastify';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Bytes to JSON, strictly: invalid UTF-8 is refused, not replaced. `__proto__` stays an ordinary own property, which
 * no schema allows; of two members with one name the last counts, as in every JSON reader of the language.
 */
function readJson(body: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new AssayError('INVALID_REQUEST', 'Its body is not valid UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new AssayError('INVALID_REQUEST', 'Its body is not valid JSON.');
  }
}

/** Makes `app` take JSON bodies only. */
export function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    readJson(body),
  );
}

/** Makes `app` take `application/octet-stream` bodies only, of at most `bodyLimit` bytes. */
export function takeBytes(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit },
    async (_: unknown, body: Buffer) => body,
  );
}
