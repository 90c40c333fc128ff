import { type EngineInfo, limits, type Sampling } from '@assay/protocol';
import { candidateCount, type Distribution } from '@assay/roles/inference/sampling';
import type { SoundStep, SoundToken } from './numbers.ts';

export interface CompletionRequest {
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Alternatives of each token. */
  readonly alternatives: number;
}

export interface Step extends SoundStep {
  /** The text that the server says it adds; null when it says none. */
  readonly said: string | null;
}

/** A server that goes on from ids and says what it chose from. Everything may fail with BACKEND_FAILED. */
export interface CompletionServer {
  readonly engine: EngineInfo;
  /** Longest prompt plus output that it holds, tokens. */
  readonly contextTokens: number;
  /** Whether it gives enough alternatives to re-check others with; null, or what to do. */
  readonly scoringCure: string | null;
  /** Its tokens, without the one that ends a generation: with fewer than asked the model has ended. */
  steps(request: CompletionRequest, signal: AbortSignal): AsyncIterable<Step>;
  /** What may follow the first n ids, for each n of `places`. */
  distributions(
    ids: readonly number[],
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Distribution>>;
}

/** The part of a distribution that a list of the likeliest tokens tells. */
export function distributionOf(top: readonly SoundToken[]): Distribution {
  const candidates = top
    .map(({ id, logprob }) => ({ id, logit: logprob }))
    .sort((a, b) => b.logit - a.logit || a.id - b.id);
  return { candidates, totalWeight: Math.exp(-(candidates[0]?.logit ?? 0)) };
}

/** Rank, mass and least part that a server is asked to cut by, and its temperature. */
export function samplingOf({ temperatureMicro, topK, topPMicro, minPMicro }: Sampling) {
  return {
    temperature: temperatureMicro / 1e6,
    top_k: rankOf(topK),
    // Servers take no 0; the likeliest token always stays.
    top_p: Math.max(1, topPMicro) / 1e6,
    min_p: minPMicro / 1e6,
  };
}

/** verification §3.1 Nothing below the 64 likeliest is ever drawn: so many an auditor sees. */
export const rankOf = (topK: number) => (topK === 0 ? candidateCount : Math.min(topK, candidateCount));

/** Bytes that an event may have: some say the prompt again, and some with each token all that came before. */
export const eventBytes = ({ promptIds, maxTokens }: Pick<CompletionRequest, 'promptIds' | 'maxTokens'>) =>
  256 * 1024 + limits.maxTokenBytes * (promptIds.length + 4 * maxTokens);

/** What a stream may be at most: of each event, and how many there are, some of which have no token. */
export const streamBounds = (request: Pick<CompletionRequest, 'promptIds' | 'maxTokens'>) => ({
  maxBytes: eventBytes(request),
  maxEvents: 256 + 8 * request.maxTokens,
});
