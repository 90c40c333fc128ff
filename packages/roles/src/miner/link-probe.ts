import { committeeOf } from '@assay/ledger';
import { DataRequest, limits, messageTypes, Ping, Pong } from '@assay/protocol';
import { networkAddress, protocols, type RoleContext, type SigningRoots } from '../context.ts';
import type { MessageStream, PeerId } from '../ports/network.ts';
import { receive } from '../ports/wire.ts';

/** Shows a miner's link to the mixers of the committee, once in an epoch each, and to nobody else (§15.1, §15.2). */
export class ProbedLink {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #index: () => number | null;
  /** Epoch in which a mixer was last shown something. */
  readonly #shown = new Map<string, number>();

  constructor(context: RoleContext, roots: SigningRoots, index: () => number | null) {
    this.#context = context;
    this.#roots = roots;
    this.#index = index;
  }

  async answerPings(stream: MessageStream, from: PeerId): Promise<void> {
    if (!this.#isFirst(protocols.ping, from)) return stream.abort();
    for (let count = 0; count < limits.pings; count++) {
      const ping = await receive(stream, Ping);
      if (ping === null) break;
      if (ping.miner !== this.#index()) return stream.abort();
      const signature = this.#context.signer.sign(this.#roots.of(messageTypes.ping, Ping, ping));
      await stream.send(Pong.serialize({ signature }));
    }
    stream.close();
  }

  async sendData(stream: MessageStream, from: PeerId): Promise<void> {
    const request = await receive(stream, DataRequest);
    if (request === null || !this.#isFirst(protocols.data, from)) return stream.abort();
    const bytes = this.#context.crypto.keyStream(request.seed, limits.dataPieceBytes);
    for (let sent = 0; sent < limits.dataBytes; sent += limits.dataPieceBytes) {
      await stream.send(bytes.next());
    }
    stream.close();
  }

  /** Who measures it only the mixers themselves know (§8.1). */
  #isFirst(protocol: string, from: PeerId): boolean {
    const state = this.#context.chain.head();
    const { epoch } = state.globals;
    const isSeated = committeeOf(state, epoch).some(({ mixer }) => networkAddress(state.mixers.at(mixer)) === from);
    const key = `${protocol} ${from}`;
    if (this.#index() === null || !isSeated || this.#shown.get(key) === epoch) return false;
    this.#shown.set(key, epoch);
    return true;
  }
}
