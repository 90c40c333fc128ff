import type { Socket } from 'node:net';
import { Frames, frameOf } from './frames.ts';

export interface FramesOptions {
  /** Answers one message; may take its time. What it rejects with ends the connection. */
  readonly answer: (message: Uint8Array) => Promise<Uint8Array>;
  readonly maxBytes: number;
  /** Why a connection was ended here; never for one that the other side ended. */
  readonly onFault: (fault: unknown) => void;
}

/** Questions of one connection that wait for their answers; no more are read meanwhile. */
const maxInHand = 1024;

/** Answers the messages of a connection, each in turn: what is answered leaves in the order of the questions. */
export function answerFrames(socket: Socket, { answer, maxBytes, onFault }: FramesOptions): void {
  const frames = new Frames(maxBytes);
  let inHand = 0;
  let last: Promise<unknown> = Promise.resolve();
  const fail = (fault: unknown) => {
    if (socket.destroyed) return;
    onFault(fault);
    socket.destroy();
  };
  const give = async (response: Promise<Uint8Array>) => {
    const bytes = await response;
    if (socket.destroyed) return;
    if (!socket.write(frameOf(bytes))) await drained(socket);
    inHand -= 1;
    if (inHand < maxInHand && socket.isPaused()) socket.resume();
  };
  // The other side may end at any time, in the middle of a message too.
  socket.on('error', () => {});
  socket.on('data', (piece: Uint8Array) => {
    try {
      for (const message of frames.push(piece)) {
        inHand += 1;
        const response = answer(message);
        response.catch(() => {});
        last = last.then(() => give(response)).catch(fail);
      }
      if (inHand >= maxInHand) socket.pause();
    } catch (fault) {
      fail(fault);
    }
  });
}

/** Resolves when the other side has taken what was written, or has ended. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
