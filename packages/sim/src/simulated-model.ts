import type { Sampling } from '@assay/protocol';
import { noMargin } from '@assay/roles/audit/choice';
import { scoredPosition } from '@assay/roles/audit/scored';
import { generateText, textPieces } from '@assay/roles/inference/output-text';
import { type Candidate, chooseToken, type Distribution, negLogprobMicro } from '@assay/roles/inference/sampling';
import type {
  ChatMessage,
  GeneratedToken,
  GenerateEvent,
  GenerateRequest,
  InferenceModel,
  Scored,
  ScoreRequest,
} from '@assay/roles/ports/inference';
import { encodeText, firstUint64, littleEndian, sha256 } from '@assay/ssz';

const vocabularySize = 256;
const alternatives = 5;

/** How a model computes: with which weights, and by how much its engine moves each logit at most, nats. */
interface Numerics {
  readonly weights: string;
  readonly noise: number;
}

/** A distribution over five byte tokens that follows from the text so far and from the weights. */
function distribution({ weights, noise }: Numerics, ids: readonly number[]): Distribution {
  const context = sha256(encodeText(weights), Uint8Array.from(ids));
  const candidates: Candidate[] = [];
  for (let i = 0; candidates.length < alternatives; i++) {
    const id = 97 + Number(firstUint64(sha256(context, littleEndian(i, 2))) % 26n);
    // Each is half as likely as the one before, or less, where the model is surer; what is missing to one lies on
    // tokens that are never chosen.
    const exact = -candidates.length * Math.LN2 * (1 + ((context[31] ?? 0) % 4));
    const logit = exact + noise * ((context[i % 31] ?? 0) / 127.5 - 1);
    if (!candidates.some((token) => token.id === id)) candidates.push({ id, logit });
  }
  candidates.sort((a, b) => b.logit - a.logit || a.id - b.id);
  return { candidates, totalWeight: 2 * Math.exp(noise - (candidates[0]?.logit ?? 0)) };
}

const text = (id: number) => String.fromCharCode(id);
const detokenize = (ids: readonly number[]) => ids.map(text).join('');

/** What a cheat puts at a step in place of its choice. */
export type Choose = (at: { ids: readonly number[]; sampling: Sampling; step: number }) => number;

/** An engine in a few lines, with real distributions: what the port promises, without the arithmetic of a network. */
export class SimulatedModel implements InferenceModel {
  readonly contextTokens = 4096;
  readonly vocabularySize = vocabularySize;
  readonly #numerics: Numerics;
  /** Called before each token; a test may wait here, or fail. */
  readonly #beforeToken: (step: number) => Promise<void>;
  /** Which token stands there in the end; what is reported about it is always the truth. */
  readonly #chosen: Choose;

  constructor(
    weights: string,
    beforeToken: (step: number) => Promise<void> = async () => {},
    chosen: Choose = ({ ids, sampling, step }) => this.choice(ids, sampling, step),
    noise = 0,
  ) {
    this.#numerics = { weights, noise };
    this.#beforeToken = beforeToken;
    this.#chosen = chosen;
  }

  /** What may stand after `ids`. */
  distributionAfter(ids: readonly number[]): Distribution {
    return distribution(this.#numerics, ids);
  }

  /** What it chooses after `ids`. */
  choice(ids: readonly number[], sampling: Sampling, step: number): number {
    return chooseToken(distribution(this.#numerics, ids), sampling, step).id;
  }

  async render(messages: readonly ChatMessage[]): Promise<number[]> {
    return messages.flatMap((message) => [...encodeText(message.content)]);
  }

  async textPieces(ids: readonly number[]): Promise<Uint8Array[]> {
    return textPieces(detokenize, ids);
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    const ids = [...request.promptIds];
    yield* generateText(request, detokenize, async (step) => {
      await this.#beforeToken(step);
      signal.throwIfAborted();
      const token = this.#next(ids, request.sampling, step);
      ids.push(token.id);
      return token;
    });
  }

  async score(request: ScoreRequest): Promise<Scored> {
    const { promptIds, outputIds } = request;
    const positions = request.positions.map(({ index, ids }) => {
      const found = distribution(this.#numerics, [...promptIds, ...outputIds.slice(0, index)]);
      const logits = new Map(found.candidates.map(({ id, logit }) => [id, logit]));
      return scoredPosition({ ...found, logits }, request, { index, ids, isEnd: false });
    });
    const never = { choiceMarginMicro: noMargin, isLikely: false };
    return { positions, end: request.asksEnd ? never : null };
  }

  #next(ids: readonly number[], sampling: Sampling, step: number): GeneratedToken {
    const found = distribution(this.#numerics, ids);
    const id = this.#chosen({ ids, sampling, step });
    const chosen = found.candidates.find((token) => token.id === id) ?? { id, logit: Number.NEGATIVE_INFINITY };
    const view = ({ id, logit }: Candidate) => ({
      id,
      text: text(id),
      negLogprobMicro: negLogprobMicro(found, logit),
    });
    return { ...view(chosen), top: found.candidates.map(view) };
  }
}
