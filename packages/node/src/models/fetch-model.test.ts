import { expect, it } from 'vitest';
import { fits, reservedBytes } from './fetch-model.ts';

it('leaves a gigabyte of the disk to the chain (§19.9)', () => {
  const file = { sizeBytes: 1000, haveBytes: 400 };
  expect(fits(file, 600 + reservedBytes)).toBe(true);
  expect(fits(file, 599 + reservedBytes)).toBe(false);
});
