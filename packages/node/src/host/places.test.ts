import { describe, expect, it } from 'vitest';
import { hostAndPort, hostOf, multiaddrOf, placeIn } from './places.ts';

describe('where machines are, as the network and as other programs write it', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7:4020', '/ip4/203.0.113.7/tcp/4020'],
    ['2001:db8::1', '[2001:db8::1]:4020', '/ip6/2001:db8::1/tcp/4020'],
    ['node.example', 'node.example:4020', '/dns/node.example/tcp/4020'],
  ])('%s', (address, written, multiaddr) => {
    expect(hostAndPort(address, 4020)).toBe(written);
    expect(multiaddrOf(address, 4020)).toBe(multiaddr);
    expect(hostOf(multiaddr)).toBe(address);
    expect(placeIn(written, 1)).toEqual({ address, port: 4020 });
    expect(placeIn(written.replace(/:4020$/, ''), 4020)).toEqual({ address, port: 4020 });
  });

  it('are nowhere in what names no machine, or more than one', () => {
    const strange = [
      '/unix/tmp',
      '/dns4/a,b/tcp/1',
      '/dns/a@b/tcp/1',
      '/ip4/10.0.0.1/udp/1',
      '/ip4/10.0.0.1/tcp/1/p2p/x',
    ];
    expect(strange.map(hostOf)).toEqual(strange.map(() => null));
    for (const text of ['', 'a b', '2001:db8::1', '[::1', 'a:port']) expect(placeIn(text, 1)).toBeNull();
  });
});
