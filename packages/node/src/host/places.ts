import { isIP } from 'node:net';

/** How an address of the internet, or a name, and a port are dialled. */
export function multiaddrOf(address: string, port: number): string {
  const version = isIP(address);
  return `/${version === 0 ? 'dns' : `ip${version}`}/${address}/tcp/${port}`;
}

/** The machine that a multiaddress of TCP names; null for every other. */
export function hostOf(multiaddr: string): string | null {
  const [, host] = /^\/(?:ip[46]|dns[46]?)\/([0-9a-z.:-]+)\/tcp\/\d+$/i.exec(multiaddr) ?? [];
  return host ?? null;
}

/** An address and a port as most programs write them. */
export function hostAndPort(address: string, port: number): string {
  return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** What `hostAndPort` wrote, and a port that is named nowhere. */
export function placeIn(text: string, usualPort: number): { readonly address: string; readonly port: number } | null {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const address = bracketed ?? plain;
  return address === undefined ? null : { address, port: port === undefined ? usualPort : Number(port) };
}
