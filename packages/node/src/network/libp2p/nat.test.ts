import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });
const spaces = {
  inside: `assay-in-${process.pid}`,
  router: `assay-nat-${process.pid}`,
  outside: `assay-out-${process.pid}`,
};
const within = (space: string, ...command: string[]) => run('ip', 'netns', 'exec', space, ...command);
const address = '/ip4/198.51.100.2/tcp/4020';

/** What is missing for namespaces with a router between; null when nothing is. */
function missing(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'namespaces need Linux and root: sudo npm test';
  try {
    run('ip', '-V');
    run('unshare', '-n', 'nft', 'add', 'table', 'ip', 'probe');
    return null;
  } catch {
    return 'ip and nft are missing: apt-get install -y iproute2 nftables';
  }
}

/** A cable between two namespaces, with a name and an address at both ends. */
function cable(...ends: readonly { readonly space: string; readonly name: string; readonly at: string }[]): void {
  const [one, other] = ends;
  if (one === undefined || other === undefined) throw new Error('a cable has two ends');
  const link = ['ip', 'link', 'add', one.name, 'type', 'veth', 'peer', 'name', other.name, 'netns', other.space];
  within(one.space, ...link);
  for (const { space, name, at } of [one, other]) {
    within(space, 'ip', 'addr', 'add', at, 'dev', name);
    within(space, 'ip', 'link', 'set', name, 'up');
  }
}

const rules = `
table ip nat {
  chain out {
    type nat hook postrouting priority 100
    oifname "wan" masquerade
  }
}
table ip filter {
  chain through {
    type filter hook forward priority 0; policy drop
    iifname "lan" accept
    ct state established,related accept
  }
}`;

/** Two networks and a router that lets connections out and none in. */
function buildNat(): void {
  const { inside, router, outside } = spaces;
  for (const space of Object.values(spaces)) {
    run('ip', 'netns', 'add', space);
    onTestFinished(() => void run('ip', 'netns', 'del', space));
    within(space, 'ip', 'link', 'set', 'lo', 'up');
  }
  cable({ space: inside, name: 'home', at: '10.77.0.2/24' }, { space: router, name: 'lan', at: '10.77.0.1/24' });
  cable({ space: outside, name: 'net', at: '198.51.100.2/24' }, { space: router, name: 'wan', at: '198.51.100.1/24' });
  within(inside, 'ip', 'route', 'add', 'default', 'via', '10.77.0.1');
  within(outside, 'ip', 'route', 'add', '10.77.0.0/24', 'via', '198.51.100.1');
  within(router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  within(router, 'nft', rules);
}

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

const why = missing();
if (why !== null) console.warn(`SKIPPED: peers behind NAT. ${why}`);

describe.skipIf(why !== null)('a peer behind NAT', () => {
  it('serves the streams that others open to it, over the connection it dialled, without an open port', async () => {
    buildNat();
    const [outside, inside] = [startPeer('outside'), startPeer('inside')];
    const [{ id: outsideId }, { id: insideId, addresses }] = [await outside.says(), await inside.says()];
    expect(addresses).toEqual([]);
    outside.tell(insideId);
    inside.tell(outsideId);
    expect(await outside.says()).toEqual({ answered: 14 });
    // Nobody reaches it otherwise.
    const dial = `require('net').connect({ host: '10.77.0.2', port: 4020, timeout: 1000 })
      .on('timeout', () => process.exit(3)).on('error', () => process.exit(4)).on('connect', () => process.exit(0))`;
    expect(() => within(spaces.outside, process.execPath, '-e', dial)).toThrow();
  });
});
