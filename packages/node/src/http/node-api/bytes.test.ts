import { expect, it } from 'vitest';
import { lengthPrefixed } from './bytes.ts';

it('ends a page of large blocks early, with whole blocks', async () => {
  const block = new Uint8Array(4 * 1024 * 1024).fill(7);
  const page = Buffer.concat(await lengthPrefixed(() => block, { from: 1, limit: 1000 }).toArray());
  expect(page.length).toBe(8 * (4 + block.length));
  expect(page.readUInt32LE(7 * (4 + block.length))).toBe(block.length);
});

it('passes over heights without a block', async () => {
  const blockAt = (height: number) => (height % 2 === 0 ? null : Uint8Array.of(height));
  const page = Buffer.concat(await lengthPrefixed(blockAt, { from: 0, limit: 4 }).toArray());
  expect([...page]).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 3]);
});
