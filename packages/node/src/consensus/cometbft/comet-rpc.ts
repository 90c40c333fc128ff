import { request } from 'node:http';

const timeoutMs = 5000;
const maxBytes = 8 * 1024 * 1024;

/** What CometBFT says over its socket, in the form of JSON-RPC. Rejects with an Error when it does not answer. */
export function cometAnswer(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > maxBytes) asked.destroy(new Error('CometBFT answers with more than 8 MiB'));
      });
      response.once('error', reject);
      response.once('end', () => resolve(body));
    });
    asked.once('timeout', () => asked.destroy(new Error('CometBFT does not answer')));
    asked.once('error', reject);
    asked.end();
  });
}

/** Asks CometBFT over its socket, and gives the result. Rejects with an Error when there is none. */
export async function askComet(socketPath: string, path: string): Promise<unknown> {
  const { result, error } = JSON.parse(await cometAnswer(socketPath, path)) as { result?: unknown; error?: unknown };
  if (result === undefined) throw new Error(`CometBFT says: ${JSON.stringify(error)}`);
  return result;
}
