import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrowingBytes } from './growing-bytes.ts';

it('holds what was pushed, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 })), fc.nat(9000), fc.nat(9000), (parts, start, end) => {
      const bytes = new GrowingBytes();
      for (const part of parts) bytes.push(part);
      const whole = Uint8Array.from(Buffer.concat(parts));
      expect(bytes.length).toBe(whole.length);
      expect(bytes.view()).toEqual(whole);
      expect(bytes.view(start, end)).toEqual(whole.subarray(start, end));
    }),
  );
});
