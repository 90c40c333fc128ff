import { measurersOf } from '@assay/ledger';
import { DataPiece, DataRequest, limits, messageTypes, Ping, Pong } from '@assay/protocol';
import { KeyStream } from '../../crypto/key-stream.ts';
import type { MessageStream, PeerId } from '../../network/port.ts';
import { receive } from '../../network/wire.ts';
import { networkAddress, type RoleContext, type SigningRoots } from '../context.ts';

/** Shows a miner's line to the mixers that measure it this epoch, and to nobody else (§15.1, §15.2). */
export class Line {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #index: () => number | null;

  constructor(context: RoleContext, roots: SigningRoots, index: () => number | null) {
    this.#context = context;
    this.#roots = roots;
    this.#index = index;
  }

  async answerPings(stream: MessageStream, from: PeerId): Promise<void> {
    for (let count = 0; count < limits.pings; count++) {
      const ping = await receive(stream, Ping);
      if (ping === null) break;
      if (ping.miner !== this.#index() || !this.#isMeasurer(from)) return stream.abort();
      const signature = this.#context.signer.sign(this.#roots.of(messageTypes.ping, Ping, ping));
      await stream.send(Pong.serialize({ signature }));
    }
    stream.close();
  }

  async sendData(stream: MessageStream, from: PeerId): Promise<void> {
    const request = await receive(stream, DataRequest);
    if (request === null || !this.#isMeasurer(from)) return stream.abort();
    const bytes = new KeyStream(request.seed, limits.dataPieceBytes);
    for (let sent = 0; sent < limits.dataBytes; sent += limits.dataPieceBytes) {
      await stream.send(DataPiece.serialize(bytes.next()));
    }
    stream.close();
  }

  #isMeasurer(from: PeerId): boolean {
    const miner = this.#index();
    const { state } = this.#context.engine.ledger;
    if (miner === null) return false;
    return measurersOf(state, miner).some(({ mixer }) => networkAddress(state.mixers.at(mixer)) === from);
  }
}
