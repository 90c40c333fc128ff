import { firstUint64, littleEndian, sha256 } from '@assay/protocol';
import { generateText, textPieces } from '../../src/inference/output-text.ts';
import type {
  ChatMessage,
  GeneratedToken,
  GenerateEvent,
  GenerateRequest,
  InferenceModel,
  Scored,
  ScoreRequest,
} from '../../src/inference/port.ts';

const vocabularySize = 256;
const alternatives = 5;
const micro = 1_000_000;

/** A distribution over five byte tokens that follows from the text so far and from the weights. */
function distribution(weights: string, ids: readonly number[]): { id: number; mass: number }[] {
  const context = sha256(new TextEncoder().encode(weights), Uint8Array.from(ids.slice(-8)));
  const found: { id: number; mass: number }[] = [];
  for (let i = 0; found.length < alternatives; i++) {
    const id = 97 + Number(firstUint64(sha256(context, littleEndian(i, 2))) % 26n);
    if (!found.some((token) => token.id === id)) found.push({ id, mass: 2 ** -(found.length + 1) });
  }
  return found;
}

const logprob = (mass: number) => Math.round(-Math.log(mass) * micro);
const text = (id: number) => String.fromCharCode(id);
const detokenize = (ids: readonly number[]) => ids.map(text).join('');

/** An engine in a few lines, with real distributions: what the port promises, without the arithmetic of a network. */
export class SimulatedModel implements InferenceModel {
  readonly contextTokens = 4096;
  readonly vocabularySize = vocabularySize;
  readonly #weights: string;
  /** Called before each token; a test may wait here, or fail. */
  readonly #beforeToken: (step: number) => Promise<void>;

  constructor(weights: string, beforeToken: (step: number) => Promise<void> = async () => {}) {
    this.#weights = weights;
    this.#beforeToken = beforeToken;
  }

  async render(messages: readonly ChatMessage[]): Promise<number[]> {
    return messages.flatMap((message) => [...new TextEncoder().encode(message.content)]);
  }

  async textPieces(ids: readonly number[]): Promise<Uint8Array[]> {
    return textPieces(detokenize, ids);
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    const ids = [...request.promptIds];
    yield* generateText(request, detokenize, async (step) => {
      await this.#beforeToken(step);
      signal.throwIfAborted();
      const token = this.#next(ids, request.sampling.seed, step);
      ids.push(token.id);
      return token;
    });
  }

  async score(request: ScoreRequest): Promise<Scored> {
    const positions = request.positions.map(({ index, ids }) => {
      const before = [...request.promptIds, ...request.outputIds.slice(0, index)];
      const found = distribution(this.#weights, before);
      const massOf = (id: number) => found.find((token) => token.id === id)?.mass ?? 0;
      return {
        probabilitiesPpb: ids.map((id) => Math.round(massOf(id) * 1e9)),
        argmaxId: found[0]?.id ?? 0,
      };
    });
    return { positions, endsHere: request.end === null };
  }

  #next(ids: readonly number[], seed: number, step: number): GeneratedToken {
    const found = distribution(this.#weights, ids);
    const place = Number(firstUint64(sha256(littleEndian(seed, 4), littleEndian(step, 4))) % BigInt(found.length));
    const view = ({ id, mass }: { id: number; mass: number }) => ({
      id,
      text: text(id),
      negLogprobMicro: logprob(mass),
    });
    const chosen = found[place] ?? { id: 0, mass: 1 };
    return { ...view(chosen), top: found.map(view) };
  }
}
