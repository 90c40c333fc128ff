import { expect, it } from 'vitest';
import { HeldBytes, heldLimits } from './held-bytes.ts';

it('what waits to be read has a bound for each peer, and for all, which those with the most pay for (§5.29)', () => {
  const held = new HeldBytes();
  expect(held.add('one', heldLimits.ofOne)).toBe(true);
  expect(held.add('one', 1)).toBe(false);
  held.add('one', -1);
  expect(held.add('one', -heldLimits.ofOne / 2)).toBe(true);
  for (let i = 0; i < 7; i++) held.add(`many ${i}`, heldLimits.ofOne);
  expect([held.tooMuch(), held.all]).toEqual([null, heldLimits.ofAll - heldLimits.ofOne / 2]);
  held.add('honest', 1000);
  held.add('last', heldLimits.ofOne / 2);
  expect(held.tooMuch()).toBe('many 0');
  held.add('many 0', -heldLimits.ofOne);
  expect(held.tooMuch()).toBeNull();
});
