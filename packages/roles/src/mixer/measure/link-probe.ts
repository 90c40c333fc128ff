import { DataRequest, limits, messageTypes, Ping, Pong, type Ref } from '@assay/protocol';
import { protocols, type RoleContext, type SigningRoots } from '../../context.ts';
import { type Endpoint, type MessageStream, peerIdOf } from '../../ports/network.ts';
import { answerMs, inTime, receive } from '../../ports/wire.ts';

/** How a miner is reached; zero is not measured (§8.3). */
export interface LinkValues {
  readonly latencyMs: number;
  readonly bandwidth: bigint;
}

/** Measures what lies between this mixer and a miner. */
export class LinkProbe {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;

  constructor(context: RoleContext, roots: SigningRoots) {
    this.#context = context;
    this.#roots = roots;
  }

  async measure(endpoint: Endpoint, miner: Ref<'miners'>): Promise<LinkValues> {
    const row = this.#context.chain.head().miners.at(miner);
    const onStream = async <T>(protocol: string, nothing: T, use: (stream: MessageStream) => Promise<T>) => {
      try {
        const stream = await endpoint.open(peerIdOf(row), protocol);
        return await inTime(this.#context.runtime, stream, answerMs, use(stream)).finally(() => stream.abort());
      } catch {
        return nothing;
      }
    };
    const { publicKey } = row;
    const latencyMs = await onStream(protocols.ping, 0, (stream) => this.#latencyMs(stream, { miner, publicKey }));
    const bandwidth = await onStream(protocols.data, 0n, (stream) => this.#bandwidth(stream));
    return { latencyMs, bandwidth };
  }

  /** §15.1 The least round trip of those pings, at least 1 ms. */
  async #latencyMs(
    stream: MessageStream,
    { miner, publicKey }: { miner: Ref<'miners'>; publicKey: Uint8Array },
  ): Promise<number> {
    const { runtime } = this.#context;
    const nonces = runtime.random('nonces of pings');
    let leastMs = answerMs;
    for (let count = 0; count < limits.pings; count++) {
      const ping: Ping = { miner, nonce: nonces.bytes(32) };
      const sentMs = runtime.monotonicMs();
      await stream.send(Ping.serialize(ping));
      const pong = await receive(stream, Pong);
      leastMs = Math.min(leastMs, runtime.monotonicMs() - sentMs);
      const root = this.#roots.of(messageTypes.ping, Ping, ping);
      if (pong === null || !this.#context.verifier.ed25519(publicKey, root, pong.signature)) return 0;
    }
    return Math.max(leastMs, 1);
  }

  /** §15.2 Bytes per second from the first piece to the last: every one is compared. */
  async #bandwidth(stream: MessageStream): Promise<bigint> {
    const { runtime } = this.#context;
    const seed = runtime.random('seeds of data').bytes(32);
    const expected = this.#context.crypto.keyStream(seed, limits.dataPieceBytes);
    await stream.send(DataRequest.serialize({ seed }));
    let firstMs = 0;
    for (let received = 0; received < limits.dataBytes; received += limits.dataPieceBytes) {
      const { done, value: piece } = await stream.messages.next();
      if (done || Buffer.compare(piece, expected.next()) !== 0) return 0n;
      if (received === 0) firstMs = runtime.monotonicMs();
    }
    const tookMs = Math.max(runtime.monotonicMs() - firstMs, 1);
    return (BigInt(limits.dataBytes - limits.dataPieceBytes) * 1000n) / BigInt(tookMs);
  }
}
