import { Height } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';
import { decoded } from '@assay/roles/ports/wire';
import { enumOf, StructType, U16 } from '@assay/ssz';
import { type LightSource, lightMethods } from '../consensus/cometbft/light-service.ts';
import { serveWithin } from '../consensus/follow/slots.ts';
import { askParcel, sendParcel } from '../consensus/follow/wire.ts';

/** Asks the CometBFT beside a node what a light client asks (§20.8). */
const lightProtocol = '/assay/comet-light/1';

const served = { perPeer: 4, inAll: 16 } as const;
/** Largest answer that is taken: a commit has a signature for each validator. */
const maxAnswerBytes = 4 * 1024 * 1024;

const QuestionBytes = new StructType(
  { method: enumOf(...lightMethods), height: Height, page: U16 },
  { typeName: 'LightQuestion' },
);

/** Tells whoever asks what the CometBFT beside this node says. */
export function serveCometLight(endpoint: Pick<Endpoint, 'handle'>, source: LightSource, runtime: Timers): void {
  const answer = async (stream: MessageStream, message: Uint8Array) => {
    const said = await source(decoded(stream, QuestionBytes, message));
    await sendParcel(runtime, stream, new TextEncoder().encode(said));
    stream.close();
  };
  serveWithin(served, endpoint, { protocol: lightProtocol, answer });
}

/** Whether it is more than that a CometBFT does not keep a height. */
function isAnswer(text: string): boolean {
  try {
    return (JSON.parse(text) as { readonly error?: unknown }).error === undefined;
  } catch {
    return false;
  }
}

/**
 * The first of these peers that answers, from the one at `first` on: the light client holds two against each other. One
 * that spoils an attempt is not among the two of all others.
 */
export function lightSource(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peers: readonly PeerId[],
  first: number,
): LightSource {
  return async (question, attempt = 0) => {
    const inTurn = peers.map((_, index) => peers[(index + first + attempt) % peers.length] as PeerId);
    const asked = { protocol: lightProtocol, question: QuestionBytes.serialize(question), maxBytes: maxAnswerBytes };
    let refusal: string | null = null;
    for (const peer of inTurn) {
      const said = await askParcel({ endpoint, runtime }, peer, asked).catch(() => null);
      if (said === null) continue;
      const text = new TextDecoder().decode(said);
      if (isAnswer(text)) return text;
      refusal ??= text;
    }
    if (refusal !== null) return refusal;
    throw new Error(`none of ${peers.length} peers says what their CometBFT has of height ${question.height}`);
  };
}
