import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes, encodeText } from '@assay/ssz';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Frames, frameOf } from './frames.ts';
import { answerFrames } from './frames-socket.ts';

const maxBytes = 1000;
const decoder = new TextDecoder();

describe('messages over a socket §18.4', () => {
  let dir = '';
  let server: Server;
  let served: Socket | null = null;
  let faults: unknown[] = [];

  beforeEach(async () => {
    faults = [];
    dir = mkdtempSync(join(tmpdir(), 'assay-frames-'));
    const waitMs = (asked: string) => (asked.startsWith('slow') ? 30 : 0);
    server = createServer((socket) => {
      served = socket;
      answerFrames(socket, {
        maxBytes,
        onFault: (fault) => faults.push(fault),
        answer: async (message) => {
          const asked = decoder.decode(message);
          if (asked === 'bad') throw new Error('a bad question');
          await new Promise((resolve) => setTimeout(resolve, waitMs(asked)));
          return message;
        },
      });
    });
    await once(server.listen(join(dir, 's')), 'listening');
  });
  afterEach(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** What a connection gets until it was sent so many messages, or ended. */
  const ask = async (sent: Uint8Array, count: number): Promise<string[]> => {
    const socket = connect(join(dir, 's'));
    const frames = new Frames(maxBytes);
    const got: string[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('close', resolve);
      socket.on('data', (piece: Uint8Array) => {
        got.push(...frames.push(piece).map((each) => decoder.decode(each)));
        if (got.length >= count) socket.end();
      });
    });
    socket.write(sent);
    await done;
    return got;
  };
  const framesOf = (texts: string[]) => concatBytes(texts.map((each) => frameOf(encodeText(each))));

  it('are whole again however the stream was cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, cuts) => {
        const frames = new Frames(maxBytes);
        const stream = concatBytes(sent.map(frameOf));
        const got: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = at + (cuts[i % cuts.length] ?? 1);
          got.push(...frames.push(stream.slice(at, next)));
          at = next;
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  it('are answered in the order of the questions, however long each takes', async () => {
    const asked = Array.from({ length: 3000 }, (_, i) => (i % 1000 === 0 ? `slow ${i}` : `${i}`));
    expect(await ask(framesOf(asked), asked.length)).toEqual(asked);
    expect(faults).toEqual([]);
  });

  it('wait for a reader that is slow, with no listener left of each wait', async () => {
    const socket = connect(join(dir, 's'));
    const asked = 3000;
    let left = asked * frameOf(new Uint8Array(900)).length;
    socket.write(concatBytes(Array.from({ length: asked }, () => frameOf(new Uint8Array(900)))));
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      left -= piece.length;
      if (left === 0) break;
    }
    expect(served?.listenerCount('drain')).toBe(0);
    expect(served?.listenerCount('close')).toBeLessThan(3);
    socket.destroy();
  });

  it.each([
    ['a message that is too long', concatBytes([framesOf(['one']), Uint8Array.of(0xe9, 0x07)]), /more than 1000/],
    ['a length of more than four bytes', Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x01), /more than 1000/],
    ['a question that nobody can answer', framesOf(['one', 'bad', 'two']), /a bad question/],
  ])('end with %s, and others go on', async (_, sent, words) => {
    await ask(sent, 9);
    expect(faults).toHaveLength(1);
    expect(String(faults[0])).toMatch(words);
    expect(await ask(framesOf(['again']), 1)).toEqual(['again']);
  });
});
