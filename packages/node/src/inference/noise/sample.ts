import { defaultParams, type EngineInfo, limits, type Sampler, type Sampling } from '@assay/protocol';
import { probabilityPpb, type ReportedPosition, variationPpb } from '@assay/roles/audit/distribution';
import { drawPositions } from '@assay/roles/audit/positions';
import type { GeneratedToken, InferenceModel } from '@assay/roles/ports/inference';
import { littleEndian, sha256 } from '@assay/ssz';
import type { HonestRequest } from './requests.ts';

/** Positions of an answer that an audit compares. */
export const auditedPositions = defaultParams.audit.positions;

/** A model on an engine. */
export interface Served {
  readonly model: InferenceModel;
  readonly engine: Pick<EngineInfo, 'sampler'>;
}

/** What a miner gives to be audited. */
export interface Answer {
  readonly promptIds: readonly number[];
  readonly sampling: Sampling;
  readonly sampler: Sampler;
  readonly tokens: readonly GeneratedToken[];
}

/** What an auditor finds, position by position. */
export interface Sample {
  readonly variationsPpb: readonly number[];
  /** Least margin within which the token is a choice. */
  readonly marginsMicro: readonly number[];
  /** Lead of the likeliest token over the one reported as such. */
  readonly leadsMicro: readonly number[];
}

/** Rejects like `generate` of the port. */
export async function answerOf(miner: Served, request: HonestRequest, signal: AbortSignal): Promise<Answer> {
  const { maxTokens, sampling } = request;
  const promptIds = await miner.model.render(request.messages);
  const tokens: GeneratedToken[] = [];
  const asked = { promptIds, maxTokens, sampling, stop: [], topLogprobs: limits.topLogprobs };
  for await (const event of miner.model.generate(asked, signal)) {
    if (event.type === 'tokens') tokens.push(...event.tokens);
  }
  return { promptIds, sampling, sampler: miner.engine.sampler, tokens };
}

/** Compares an answer at all positions with the auditor's own numbers. Rejects like `score` of the port. */
export async function auditOf(auditor: InferenceModel, answer: Answer, signal: AbortSignal): Promise<Sample> {
  const { tokens, ...asked } = answer;
  const positions = tokens.map(({ top }, index): ReportedPosition => {
    const probabilitiesPpb = top.map((one) => probabilityPpb(one.negLogprobMicro));
    return { index, ids: top.map(({ id }) => id), probabilitiesPpb };
  });
  const outputIds = tokens.map(({ id }) => id);
  const scored = await auditor.score({ ...asked, outputIds, positions, asksEnd: false }, signal);
  return {
    variationsPpb: positions.map((each, i) => variationPpb(each, scored.positions[i] ?? { probabilitiesPpb: [] })),
    marginsMicro: scored.positions.map(({ choiceMarginMicro }) => choiceMarginMicro),
    leadsMicro: scored.positions.map(({ leadMicro }) => leadMicro),
  };
}

/** T1 of a sample over the positions that a seed draws (verification §2.2, §2.3). */
export function t1PpbOf({ variationsPpb }: Sample, seed: number): number {
  const drawn = { tokens: variationsPpb.length, count: auditedPositions };
  const positions = drawPositions(sha256(littleEndian(seed, 4)), drawn);
  return Math.round(positions.reduce((sum, at) => sum + (variationsPpb[at] ?? 0), 0) / positions.length);
}

/**
 * Answers to requests, each audited while others are written: `parallel` at a time, in the order in which they are
 * done. An answer without a token is passed over.
 */
export async function* samplesOf(
  pair: { readonly miner: Served; readonly auditor: InferenceModel; readonly parallel: number },
  numbered: Iterable<readonly [number, HonestRequest]>,
  signal: AbortSignal,
): AsyncGenerator<readonly [number, Sample]> {
  const waiting = numbered[Symbol.iterator]();
  const running = new Map<number, Promise<readonly [number, Sample]>>();
  const startNext = () => {
    const next = waiting.next();
    if (next.done === true) return;
    const [number, request] = next.value;
    const sample = answerOf(pair.miner, request, signal).then((answer) => auditOf(pair.auditor, answer, signal));
    running.set(
      number,
      sample.then((found) => [number, found] as const),
    );
  };
  for (let i = 0; i < pair.parallel; i++) startNext();
  try {
    while (running.size > 0) {
      const [number, sample] = await Promise.race(running.values());
      running.delete(number);
      startNext();
      if (sample.variationsPpb.length > 0) yield [number, sample];
    }
  } finally {
    // What the first failure leaves running fails alike, and is told once.
    for (const each of running.values()) each.catch(() => undefined);
  }
}
