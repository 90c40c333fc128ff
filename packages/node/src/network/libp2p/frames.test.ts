import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameFault, FrameReader } from './frames.ts';

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map((message) => ({ kind: 'message', message }) as const),
  fc.nat(300).map((count) => ({ kind: 'read', count }) as const),
  fc.constant({ kind: 'end' } as const),
);

describe('frames', () => {
  it('come out as they went in, whatever pieces they arrive in', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 700 })), (frames, cuts) => {
        let rest = Buffer.concat(frames.map(encodeFrame));
        const reader = new FrameReader();
        const got: Frame[] = [];
        for (const cut of [...cuts, rest.length]) {
          got.push(...reader.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        expect(got).toEqual(frames);
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  it('are a fault or are read, and hold no more than came: no bytes do anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reader = new FrameReader();
        try {
          for (const each of reader.push(bytes)) expect(['message', 'read', 'end']).toContain(each.kind);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameFault);
        }
        expect(reader.heldBytes).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
