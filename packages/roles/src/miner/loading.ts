import { detailOf, MinerToMixer, MixerToMiner } from '@assay/protocol';
import { protocols, type RoleContext, type RoleService } from '../context.ts';
import type { Endpoint, MessageStream } from '../ports/network.ts';
import { answerMs, inTime, receive } from '../ports/wire.ts';

/** In a miner's place while its model is loaded: it declines every task, which is no late step (§5.4). */
export class LoadingMiner implements RoleService {
  readonly #context: Pick<RoleContext, 'network' | 'signer' | 'runtime'>;
  #endpoint: Endpoint | null = null;

  constructor(context: Pick<RoleContext, 'network' | 'signer' | 'runtime'>) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { network, runtime, signer } = this.#context;
    this.#endpoint = await network.join(signer);
    this.#endpoint.handle(protocols.serve, (stream) => inTime(runtime, stream, answerMs, decline(stream)));
  }

  async stop(): Promise<void> {
    this.#endpoint?.leave();
    this.#endpoint = null;
  }
}

async function decline(stream: MessageStream): Promise<void> {
  const first = await receive(stream, MixerToMiner);
  if (first?.kind !== 'prepare') return stream.abort();
  const value = { accepted: false, reason: detailOf('still loads its model') };
  await stream.send(MinerToMixer.serialize({ kind: 'prepared', value }));
  stream.close();
}
