import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Bytes that went over the sockets of this process, both ways. */
export class Wire {
  readonly #sockets: Socket[] = [];

  constructor() {
    channel('net.client.socket').subscribe((event) => this.#sockets.push((event as { socket: Socket }).socket));
  }

  get bytes(): number {
    return this.#sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
  }
}
