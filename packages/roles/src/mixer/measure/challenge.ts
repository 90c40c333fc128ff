import { type DrawTable, drawMiners, eligibleMiners, type LedgerView } from '@assay/ledger';
import { type Artifact, EngineInfo, outputIds, type Ref, type TaskKind } from '@assay/protocol';
import type { Runtime } from '../../ports/runtime.ts';
import { boundsOf } from '../../prompt-bound.ts';
import type { Challenge } from '../part-messages.ts';
import type { KnownAnswer } from './known-answers.ts';

/** What a mixer would draw a user's task from now. */
export interface DrawSource {
  readonly state: LedgerView;
  readonly table: DrawTable | null;
  /** Ranks in the order this mixer asks them now (§5.12). */
  orderOf(draw: readonly Ref<'miners'>[]): readonly Ref<'miners'>[];
  readonly random: Runtime['random'];
}

/** Most ids that are tried: a miner of an average weight among a hundred thousand is drawn by one of them. */
const maxTries = 1 << 17;
const nobody = new Uint8Array(20);

/**
 * The request of a known answer to one miner, with an id that draws it: nothing tells it from a user's (§15.5). Null
 * when that draw has another miner asked first, as a user's would, or no id was found.
 */
export function challengeOf(
  known: Pick<KnownAnswer, 'model' | 'payload'>,
  miner: Ref<'miners'>,
  source: DrawSource,
): Challenge | null {
  const drawn = drawnId(known, miner, source);
  if (drawn === null) return null;
  const payload = { ...known.payload, nonce: source.random('nonces').bytes(32) };
  return { ...drawn, model: known.model, payload };
}

/** §15.5 Random ids until one draws the miner among its first two; then this mixer's own order decides (§5.12). */
function drawnId(
  { model, payload }: Pick<KnownAnswer, 'model' | 'payload'>,
  miner: Ref<'miners'>,
  { state, table, orderOf, random }: DrawSource,
): Pick<Challenge, 'taskId' | 'draw' | 'order'> | null {
  if (table === null) return null;
  const { domain, contextTokens } = state.models.at(model);
  // §6.6 Whoever gets it knows of which class it is.
  const bounds = boundsOf(payload, contextTokens);
  const any = { ...bounds, domain, model, payer: nobody, dedicatedMiners: [], drawHeight: state.globals.height };
  const isIn = (kind: TaskKind) => eligibleMiners(table, { ...any, kind }).some((entry) => entry.miner === miner);
  // Who is too young for users' tasks gets the network's own.
  const kind = (['user', 'background'] as const).find(isIn);
  if (kind === undefined) return null;
  const ids = random('ids of challenges');
  for (let tries = 0; tries < maxTries; tries++) {
    const taskId = ids.bytes(32);
    const draw = drawMiners(table, { ...any, kind, taskId }, 2).map((rank) => rank.miner);
    if (!draw.includes(miner)) continue;
    const rank = orderOf(draw)[0] ?? 0;
    return draw[rank] === miner ? { taskId, draw, order: [rank] } : null;
  }
  return null;
}

/**
 * Whether an answer is the known one (§15.3): as many ids, and the same as far as they are known. Null when another
 * engine made it, for two engines round differently.
 */
export function isRight({ ids, tokens, engine }: KnownAnswer, answer: Artifact): boolean | null {
  if (!EngineInfo.equals(answer.engine, engine)) return null;
  const given = outputIds(answer);
  return given.length === tokens && ids.every((id, index) => id === given[index]);
}

/** Output tokens per 1,000 s of the time they took (§15.3). */
export function hashRateOf(tokens: number, tookMs: number): bigint {
  return (BigInt(tokens) * 1_000_000n) / BigInt(Math.max(tookMs, 1));
}
