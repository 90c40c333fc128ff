import { candidateCount, type Distribution } from '@assay/roles/inference/sampling';
import { getLlama, type LlamaModel, type Token } from 'node-llama-cpp';
import { Lane } from '../llama/native.ts';

/** What a server asks of a model: what may follow some ids, and their text. */
export class TinyCompletions {
  readonly #model: LlamaModel;
  readonly #lane: Lane;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(model: LlamaModel, lane: Lane) {
    this.#model = model;
    this.#lane = lane;
  }

  static async open(modelPath: string): Promise<TinyCompletions> {
    const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 0, logLevel: 'error' as never });
    const model = await llama.loadModel({ modelPath, useMmap: false });
    const context = await model.createContext({ contextSize: 512, batchSize: 48, threads: 1, flashAttention: true });
    return new TinyCompletions(model, new Lane(llama, model, { context, threads: 1 }));
  }

  /** What may follow some ids; one question at a time. */
  after(ids: readonly number[]): Promise<Distribution> {
    const found = this.#turn.then(async () => {
      await this.#lane.clear();
      for (let start = 0; start < ids.length - 1; start += 48) {
        await this.#lane.feed(ids.slice(start, Math.min(start + 48, ids.length - 1)) as Token[]);
      }
      return this.#lane.next(ids.slice(-1) as Token[]);
    });
    this.#turn = found.catch(() => undefined);
    return found;
  }

  /** A character that is cut off at the end is withheld. */
  textOf(ids: readonly number[]): string {
    return this.#model.detokenize(ids as Token[]).replace(/\uFFFD+$/, '');
  }

  isEnd(id: number): boolean {
    return this.#model.isEogToken(id as Token);
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }
}

/** ln(probability) of the likeliest, at a temperature, most likely first. */
export function logprobsOf(
  { candidates, totalWeight }: Distribution,
  temperature = 1,
): [id: number, logprob: number][] {
  const first = candidates[0]?.logit ?? 0;
  const tempered = candidates.reduce((sum, { logit }) => sum + Math.exp((logit - first) / temperature), 0);
  const total = temperature === 1 ? totalWeight : tempered;
  return candidates.map(({ id, logit }) => [id, (logit - first) / temperature - Math.log(total)]);
}

export interface Cuts {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
}

/** As vLLM and SGLang draw: the temperature first, then rank, mass and least part of what is left. */
export function drawTempered(
  distribution: Distribution,
  { temperature, topK, topP, minP }: Cuts,
  chance: () => number,
): { readonly id: number; readonly kept: ReadonlySet<number> } {
  const { candidates } = distribution;
  const first = candidates[0] ?? { id: 0, logit: 0 };
  if (temperature < 1e-5) return { id: first.id, kept: new Set([first.id]) };
  const byRank = candidates.slice(0, Math.min(topK, candidateCount));
  const weights = byRank.map(({ logit }) => Math.exp((logit - first.logit) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let [kept, mass] = [0, 0];
  for (const weight of weights) {
    if (kept > 0 && (mass >= topP * total || weight < minP)) break;
    kept++;
    mass += weight;
  }
  const ids = byRank.slice(0, kept).map(({ id }) => id);
  return { id: ids[lotAmong(weights.slice(0, kept), chance())] ?? first.id, kept: new Set(ids) };
}

/** The place on which a lot falls, among places of these weights. */
export function lotAmong(weights: readonly number[], lot: number): number {
  let left = lot * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [at, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return at;
  }
  return weights.length - 1;
}

/** Numbers in [0, 1) from a seed. */
export function chanceOf(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return state / 2 ** 32;
  };
}
