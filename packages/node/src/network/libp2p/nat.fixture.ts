import { execFileSync } from 'node:child_process';

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });

/** Names of namespaces: a network, a router that lets connections out and none in, and the internet. */
export interface NatSpaces {
  readonly inside: string;
  readonly router: string;
  readonly outside: string;
}

/** Where the internet's machine is reached. */
export const outsideAddress = '198.51.100.2';
/** Where the machine behind the router is, which nobody outside reaches. */
export const insideAddress = '10.77.0.2';

/** What is missing for namespaces with a router between; null when nothing is. */
export function missingForNat(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'namespaces need Linux and root: sudo npm test';
  try {
    run('ip', '-V');
    run('unshare', '-n', 'nft', 'add', 'table', 'ip', 'probe');
    return null;
  } catch {
    return 'ip and nft are missing: apt-get install -y iproute2 nftables';
  }
}

/** Runs a command in a namespace and gives what it writes. */
export const withinSpace = (space: string, ...command: string[]) => run('ip', 'netns', 'exec', space, ...command);

/** A cable between two namespaces, with a name and an address at both ends. */
export function cable(
  ...ends: readonly { readonly space: string; readonly name: string; readonly at: string }[]
): void {
  const [one, other] = ends;
  if (one === undefined || other === undefined) throw new Error('a cable has two ends');
  const link = ['ip', 'link', 'add', one.name, 'type', 'veth', 'peer', 'name', other.name, 'netns', other.space];
  withinSpace(one.space, ...link);
  for (const { space, name, at } of [one, other]) {
    withinSpace(space, 'ip', 'addr', 'add', at, 'dev', name);
    withinSpace(space, 'ip', 'link', 'set', name, 'up');
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

/** Two networks and a router that lets connections out and none in; gives what takes them down. */
export function buildNat({ inside, router, outside }: NatSpaces): () => void {
  const made: string[] = [];
  for (const space of [inside, router, outside]) {
    run('ip', 'netns', 'add', space);
    made.push(space);
    withinSpace(space, 'ip', 'link', 'set', 'lo', 'up');
  }
  cable({ space: inside, name: 'home', at: `${insideAddress}/24` }, { space: router, name: 'lan', at: '10.77.0.1/24' });
  const net = { space: outside, name: 'net', at: `${outsideAddress}/24` };
  cable(net, { space: router, name: 'wan', at: '198.51.100.1/24' });
  withinSpace(inside, 'ip', 'route', 'add', 'default', 'via', '10.77.0.1');
  withinSpace(outside, 'ip', 'route', 'add', '10.77.0.0/24', 'via', '198.51.100.1');
  withinSpace(router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  withinSpace(router, 'nft', rules);
  return () => {
    for (const space of made) run('ip', 'netns', 'del', space);
  };
}
