import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildNat, insideAddress, missingForNat, outsideAddress, withinSpace } from './nat.fixture.ts';

const spaces = {
  inside: `assay-in-${process.pid}`,
  router: `assay-nat-${process.pid}`,
  outside: `assay-out-${process.pid}`,
};
const address = `/ip4/${outsideAddress}/tcp/4020`;

/** A peer in a namespace; `says` gives its next line. */
function startPeer(name: 'inside' | 'outside') {
  const script = join(import.meta.dirname, 'nat-peer.fixture.ts');
  const child = spawn('ip', ['netns', 'exec', spaces[name], process.execPath, script, name, address]);
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  child.stderr.pipe(process.stderr);
  return {
    says: async () => JSON.parse((await lines.next()).value ?? '{}'),
    tell: (line: string) => child.stdin.write(`${line}\n`),
  };
}

const why = missingForNat();
if (why !== null) console.warn(`SKIPPED: peers behind NAT. ${why}`);

describe.skipIf(why !== null)('a peer behind NAT', () => {
  it('serves the streams that others open to it, over the connection it dialled, without an open port', async () => {
    onTestFinished(buildNat(spaces));
    const [outside, inside] = [startPeer('outside'), startPeer('inside')];
    const [{ id: outsideId }, { id: insideId, addresses }] = [await outside.says(), await inside.says()];
    expect(addresses).toEqual([]);
    outside.tell(insideId);
    inside.tell(outsideId);
    expect(await outside.says()).toEqual({ answered: 14 });
    // Nobody reaches it otherwise.
    const dial = `require('net').connect({ host: '${insideAddress}', port: 4020, timeout: 1000 })
      .on('timeout', () => process.exit(3)).on('error', () => process.exit(4)).on('connect', () => process.exit(0))`;
    expect(() => withinSpace(spaces.outside, process.execPath, '-e', dial)).toThrow();
  });
});
