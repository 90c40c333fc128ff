import { committeeOf } from '@assay/ledger';
import { DataRequest, limits, messageTypes, Ping, Pong } from '@assay/protocol';
import { protocols, type RoleContext, type SigningRoots } from '../context.ts';
import { type MessageStream, type PeerId, peerIdOf } from '../ports/network.ts';
import { receive } from '../ports/wire.ts';

/** How often in an epoch a mixer may ask: what is measured for one report may lie in two epochs (§15.4). */
const timesAnEpoch = 2;

/** Shows a miner's link to the mixers of the committee, twice in an epoch each, and to nobody else (§15.1, §15.2). */
export class ProbedLink {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #index: () => number | null;
  /** Epoch in which a mixer was last shown something, and how often. */
  readonly #shown = new Map<string, { readonly epoch: number; readonly times: number }>();

  constructor(context: RoleContext, roots: SigningRoots, index: () => number | null) {
    this.#context = context;
    this.#roots = roots;
    this.#index = index;
  }

  async answerPings(stream: MessageStream, from: PeerId): Promise<void> {
    if (!this.#mayAsk(protocols.ping, from)) return stream.abort();
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
    if (request === null || !this.#mayAsk(protocols.data, from)) return stream.abort();
    const bytes = this.#context.crypto.keyStream(request.seed, limits.dataPieceBytes);
    for (let sent = 0; sent < limits.dataBytes; sent += limits.dataPieceBytes) {
      await stream.send(bytes.next());
    }
    stream.close();
  }

  /** Who measures it only the mixers themselves know (§8.1). */
  #mayAsk(protocol: string, from: PeerId): boolean {
    const state = this.#context.chain.head();
    const { epoch } = state.globals;
    const isSeated = committeeOf(state, epoch).some(({ mixer }) => peerIdOf(state.mixers.at(mixer)) === from);
    const key = `${protocol} ${from}`;
    const shown = this.#shown.get(key);
    const times = shown?.epoch === epoch ? shown.times : 0;
    if (this.#index() === null || !isSeated || times === timesAnEpoch) return false;
    this.#shown.set(key, { epoch, times: times + 1 });
    return true;
  }
}
