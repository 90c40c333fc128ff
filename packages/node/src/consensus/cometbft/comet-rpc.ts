import { request } from 'node:http';

const timeoutMs = 5000;
const maxBytes = 8 * 1024 * 1024;

/** Asks CometBFT over its socket, and gives the result. Rejects with an Error when there is none. */
export function askComet(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > maxBytes) asked.destroy(new Error('CometBFT answers with more than 8 MiB'));
      });
      response.once('error', reject);
      response.once('end', () => {
        try {
          const { result, error } = JSON.parse(body) as { result?: unknown; error?: unknown };
          if (result === undefined) reject(new Error(`CometBFT says: ${JSON.stringify(error)}`));
          else resolve(result);
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.once('timeout', () => asked.destroy(new Error('CometBFT does not answer')));
    asked.once('error', reject);
    asked.end();
  });
}
