import { Address, Height, limits, listOfRefs, Quantity, type Ref, ref, type TaskKind } from '@assay/protocol';
import { Bytes32, concatBytes, equalBytes, littleEndian, StructType, sha256, U8, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { invariant, itemAt } from '../arithmetic/invariant.ts';
import { termsAt } from '../stake/domains.ts';
import type { LedgerView } from '../state/state.ts';

/** What a draw needs to know of one miner. */
export const DrawEntry = new StructType(
  {
    miner: ref('miners'),
    operator: Address,
    owner: Address,
    domain: ref('domains'),
    models: listOfRefs('models', limits.maxModelsPerMiner),
    contextTokens: U32,
    activeFrom: Height,
    weight: Quantity,
    level: U8,
    /** The level its domain asks of it for users' tasks (D8). */
    userLevel: U8,
  },
  { typeName: 'DrawEntry' },
);
export type DrawEntry = ValueOf<typeof DrawEntry>;

/**
 * All a draw of one epoch depends on; what a mixer keeps of this epoch and the last to recompute their draws (§6.2).
 */
export const DrawTable = new ContainerType(
  { epoch: U32, beacon: Bytes32, entries: new ListCompositeType(DrawEntry, limits.maxTableRows) },
  { typeName: 'DrawTable' },
);
export type DrawTable = ValueOf<typeof DrawTable>;

/** A task as a draw sees it. */
export interface DrawRequest {
  /** Of its first replica. */
  readonly taskId: Uint8Array;
  /** What it is for. */
  readonly kind: TaskKind;
  readonly domain: Ref<'domains'>;
  readonly model: Ref<'models'>;
  readonly payer: Uint8Array;
  /** The miners a dedicated session names; empty for all. */
  readonly dedicatedMiners: readonly number[];
  /** Height of the state the draw is made from. */
  readonly drawHeight: number;
}

/** One rank of a draw: who got it and how (§6.3). */
export interface DrawRank {
  readonly miner: Ref<'miners'>;
  readonly weight: bigint;
  /** Where the lot fell, and the weight of all who were still in the draw. */
  readonly lot: bigint;
  readonly totalWeight: bigint;
}

/**
 * The draw table of the epoch a state is in. Within an epoch it only gains entries, which `activeFrom` keeps out of
 * older draws.
 */
export function drawTable({ globals, params, miners, domains }: LedgerView): DrawTable {
  const userLevels = Array.from(domains, (row) =>
    Math.max(params.levels.userLevel, termsAt(row, globals.epoch).userLevel),
  );
  const entries: DrawEntry[] = [];
  for (let miner = 0; miner < miners.length; miner++) {
    const { operator, owner, domain, models, contextTokens, activeFrom, weight, level } = miners.standing(miner);
    const userLevel = itemAt(userLevels, domain);
    entries.push({
      miner,
      activeFrom,
      weight,
      level,
      userLevel,
      operator,
      owner,
      domain,
      models,
      contextTokens,
    });
  }
  return { epoch: globals.epoch, beacon: globals.epochBeacon, entries };
}

/**
 * Those who may be drawn for a task (§6.1): active, of its domain, serving its model, high enough for users, named when
 * the session is dedicated, and not the payer's own.
 */
export function eligibleMiners(table: DrawTable, request: Omit<DrawRequest, 'taskId'>): DrawEntry[] {
  const { kind, domain, model, payer, dedicatedMiners, drawHeight } = request;
  return table.entries.filter(
    (entry) =>
      entry.weight > 0n &&
      (kind !== 'user' || entry.level >= entry.userLevel) && // §6.1
      entry.activeFrom <= drawHeight &&
      entry.domain === domain &&
      entry.models.includes(model) &&
      (dedicatedMiners.length === 0 || dedicatedMiners.includes(entry.miner)) &&
      !equalBytes(entry.operator, payer) &&
      !equalBytes(entry.owner, payer),
  );
}

/**
 * The first `count` ranks of the draw for a task (§6.2): cumulative-sum sampling without replacement by weight. Rank
 * i uses the seed SHA-256(epoch beacon ‖ task id ‖ i as 4 bytes, little-endian). Fewer ranks when fewer are eligible.
 */
export function drawMiners(table: DrawTable, request: DrawRequest, count: number): DrawRank[] {
  const eligible = eligibleMiners(table, request);
  const seed = concatBytes([table.beacon, request.taskId]);
  const weights = eligible.map((entry) => entry.weight);
  return sampleByWeight(seed, weights, count).map(({ index, ...rank }) => {
    const entry = eligible[index];
    invariant(entry !== undefined, `index ${index} of ${eligible.length} was drawn`);
    return { miner: entry.miner, ...rank };
  });
}

/**
 * The first two ranks of the draw for an id, as miners (§6.2); for who tries many ids: what does not depend on one is
 * done once. Fewer ranks when fewer are eligible.
 */
export function pairDrawer(
  table: DrawTable,
  request: Omit<DrawRequest, 'taskId'>,
): (taskId: Uint8Array) => readonly number[] {
  const eligible = eligibleMiners(table, request);
  let total = 0n;
  const ends = eligible.map(({ weight }) => {
    total += weight;
    return total;
  });
  const indexOf = (lot: bigint): number => {
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lot < (ends[middle] ?? 0n)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return (taskId) => {
    const seed = concatBytes([table.beacon, taskId]);
    const lotOf = (rank: number, bound: bigint) => lotBelow(sha256(seed, littleEndian(rank, 4)), bound);
    const index = indexOf(lotOf(0, total));
    const first = eligible[index];
    if (first === undefined) return [];
    const lot = lotOf(1, total - first.weight);
    // Whoever comes after the first moves up into its interval of lots.
    const isBefore = lot < (ends[index] ?? 0n) - first.weight;
    const second = eligible.length < 2 ? undefined : eligible[indexOf(isBefore ? lot : lot + first.weight)];
    return [first, ...(second === undefined ? [] : [second])].map(({ miner }) => miner);
  };
}

/** One index of a sample. */
export interface Sampled {
  readonly index: number;
  readonly weight: bigint;
  readonly lot: bigint;
  readonly totalWeight: bigint;
}

/**
 * Draws up to `count` indexes without replacement, each with a chance in proportion to its weight among those left. An
 * index of weight zero is never drawn.
 */
export function sampleByWeight(seed: Uint8Array, weights: readonly bigint[], count: number): Sampled[] {
  const left = weights.map((weight, index) => ({ weight, index })).filter(({ weight }) => weight > 0n);
  let totalWeight = left.reduce((sum, { weight }) => sum + weight, 0n);
  const sampled: Sampled[] = [];
  for (let rank = 0; rank < count && left.length > 0; rank++) {
    const lot = lotBelow(sha256(seed, littleEndian(rank, 4)), totalWeight);
    const index = indexOfLot(left, lot);
    const [drawn] = left.splice(index, 1);
    if (drawn === undefined) break;
    sampled.push({ ...drawn, lot, totalWeight });
    totalWeight -= drawn.weight;
  }
  return sampled;
}

/**
 * A number below `bound` from a hash: its first 128 bits, times the bound, without the lowest 128 bits. No number is
 * more likely than another by more than bound / 2^128, which is below 2^-48 for any weights a table can hold.
 */
export function lotBelow(hash: Uint8Array, bound: bigint): bigint {
  let value = 0n;
  for (const byte of hash.subarray(0, 16)) value = (value << 8n) | BigInt(byte);
  return (value * bound) >> 128n;
}

function indexOfLot(left: readonly { readonly weight: bigint }[], lot: bigint): number {
  let sum = 0n;
  return left.findIndex(({ weight }) => {
    sum += weight;
    return lot < sum;
  });
}
