import { randomBytes, randomInt } from 'node:crypto';
import { committeeOf, type LedgerView } from '@assay/ledger';
import {
  type Artifact,
  EngineInfo,
  firstUint64,
  InferencePayload,
  limits,
  outputIds,
  taskKinds,
} from '@assay/protocol';
import { promptTokensBound } from '../prompt-bound.ts';
import type { KnownAnswer } from './known-answers.ts';
import { type MixerTask, newTask } from './state.ts';

/** A task whose answer its mixer knows. */
export interface Challenge {
  readonly task: MixerTask;
  readonly payload: InferencePayload;
}

/** The mixer that keeps the answer to a task: one, so that no miner is asked for it by two (§15.3). */
export function keeperOf(state: LedgerView, taskId: Uint8Array): number | null {
  const seats = committeeOf(state, state.globals.epoch);
  return seats[Number(firstUint64(taskId) % BigInt(seats.length))]?.mixer ?? null;
}

/** The request of a known answer to one miner, cut to some of its tokens: nothing tells it from a user's (§15.3). */
export function challengeOf(
  { payload: asked, model, ids }: KnownAnswer,
  miner: number,
  { state, nowMs }: { state: LedgerView; nowMs: number },
): Challenge {
  const maxTokens = randomInt(Math.max(limits.minChallengeTokens, ids.length >> 1), ids.length + 1);
  const payload = { ...asked, maxTokens, nonce: randomBytes(32) };
  const { contextTokens, fileHash } = state.models.at(model);
  const drawn = {
    taskId: randomBytes(32),
    ticket: new Uint8Array(),
    request: {
      session: 0,
      gateway: 0,
      requestHash: InferencePayload.hashTreeRoot(payload),
      maxTokensIn: promptTokensBound(payload, contextTokens - maxTokens),
      maxTokensOut: maxTokens,
      validUntilMs: nowMs,
    },
    requestSignature: new Uint8Array(64),
    sampling: payload.sampling,
    terms: { kind: taskKinds.challenge, model, fileHash, priceInUnits: 0n, priceOutUnits: 0n },
    deadlines: state.params.deadlines,
    maxReassignments: 0,
    draw: [miner],
    order: [0],
    drawHeight: state.globals.height,
  };
  return { task: newTask(drawn, nowMs), payload };
}

/**
 * Whether an answer is the known one (§15.3): the same ids, as many as were asked for. Null when another engine made
 * it, for two engines round differently.
 */
export function isRight(
  { ids, engine }: KnownAnswer,
  { maxTokens }: InferencePayload,
  answer: Artifact,
): boolean | null {
  if (!EngineInfo.equals(answer.engine, engine)) return null;
  const given = outputIds(answer);
  return given.length === maxTokens && given.every((id, place) => id === ids[place]);
}

/** Right output tokens per 1,000 s of the burst that gave them (§15.3). */
export function hashRateOf(tokens: number, tookMs: number): bigint {
  return (BigInt(tokens) * 1_000_000n) / BigInt(Math.max(tookMs, 1));
}
