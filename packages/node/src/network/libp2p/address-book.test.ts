import { expect, it } from 'vitest';
import { AddressBook } from './address-book.ts';

it('of what the chain names an address of a network is dialled, and no socket of this machine (§5.30)', () => {
  const named = ['/unix/%2Frun%2Fdocker.sock', 'nothing', '/ip4/203.0.113.7/tcp/4020'];
  const book = new AddressBook(() => named);
  expect(book.addressesOf('peer').map(String)).toEqual(['/ip4/203.0.113.7/tcp/4020']);
  expect(() => book.give('peer', ['/unix/%2Frun%2Fdocker.sock'])).toThrow(RangeError);
});
