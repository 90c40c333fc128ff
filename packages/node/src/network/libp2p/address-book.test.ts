import { multiaddr } from '@multiformats/multiaddr';
import { expect, it } from 'vitest';
import { AddressBook, placeOf } from './address-book.ts';

it('of what the chain names an address of a network is dialled, and no socket of this machine (§5.30)', () => {
  const named = ['/unix/%2Frun%2Fdocker.sock', 'nothing', '/ip4/203.0.113.7/tcp/4020'];
  const book = new AddressBook(() => named);
  expect(book.addressesOf('peer').map(String)).toEqual(['/ip4/203.0.113.7/tcp/4020']);
  expect(() => book.give('peer', ['/unix/%2Frun%2Fdocker.sock'])).toThrow(RangeError);
});

it('who was found by a name is not looked for there: it may lead to somebody else by then (§5.30)', () => {
  const relayed = '/ip4/203.0.113.7/tcp/4020/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit';
  const places = ['/ip4/203.0.113.7/tcp/4020', '/ip6/2001:db8::1/tcp/4020', relayed];
  expect(places.map((place) => placeOf(multiaddr(place)))).toEqual(places);
  const names = ['/dns/a.example/tcp/4020', '/dns4/a.example/tcp/4020', '/dnsaddr/a.example'];
  expect(names.map((name) => placeOf(multiaddr(name)))).toEqual([null, null, null]);
});
