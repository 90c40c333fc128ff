import {
  Address,
  Height,
  limits,
  listOfRefs,
  Quantity,
  type Ref,
  ref,
  SteeringParams,
  type TaskKind,
} from '@assay/protocol';
import { Bytes32, concatBytes, StructType, toHex, U8, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { itemAt } from '../arithmetic/invariant.ts';
import { termsAt } from '../stake/domains.ts';
import type { LedgerView } from '../state/state.ts';
import {
  DrawMeasures,
  drawMeasures,
  type Steering,
  steeredWeight,
  steeringOf,
  type TaskBounds,
  type TaskClass,
  taskClassOf,
} from './steering.ts';
import { WeightedRow } from './weighted.ts';

/** What a draw needs to know of one miner. */
export const DrawEntry = new StructType(
  {
    miner: ref('miners'),
    operator: Address,
    owner: Address,
    domain: ref('domains'),
    models: listOfRefs('models', limits.maxModelsPerMiner),
    activeFrom: Height,
    weight: Quantity,
    level: U8,
    /** The level its domain asks of it for users' tasks (D8). */
    userLevel: U8,
    measures: DrawMeasures,
  },
  { typeName: 'DrawEntry' },
);
export type DrawEntry = ValueOf<typeof DrawEntry>;

/**
 * All a draw of one epoch depends on; what a mixer keeps of this epoch and the last to recompute their draws (§6.2).
 */
export const DrawTable = new ContainerType(
  {
    epoch: U32,
    beacon: Bytes32,
    steering: SteeringParams,
    entries: new ListCompositeType(DrawEntry, limits.maxTableRows),
  },
  { typeName: 'DrawTable' },
);
export type DrawTable = ValueOf<typeof DrawTable>;

/** A task as a draw sees it. */
export interface DrawRequest extends TaskBounds {
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

/** The least level of a miner that users of a domain get, by the network's word and the domain's (§6.1). */
export function userLevelOf({ globals, params, domains }: LedgerView, domain: Ref<'domains'>): number {
  return Math.max(params.levels.userLevel, termsAt(domains.at(domain), globals.epoch).userLevel);
}

/**
 * The draw table of the epoch a state is in. Within an epoch it only gains entries, which `activeFrom` keeps out of
 * older draws.
 */
export function drawTable(state: LedgerView): DrawTable {
  const { globals, params, miners, domains } = state;
  const userLevels = Array.from(domains, (_, domain) => userLevelOf(state, domain));
  const entries: DrawEntry[] = [];
  for (let miner = 0; miner < miners.length; miner++) {
    const { operator, owner, domain, models, activeFrom, weight, level } = miners.standing(miner);
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
      measures: drawMeasures(state, miner, activeFrom),
    });
  }
  return { epoch: globals.epoch, beacon: globals.epochBeacon, steering: params.steering, entries };
}

/** What tells one market from another. */
interface MarketName {
  readonly levels: 'user' | 'challenge' | 'any';
  readonly domain: Ref<'domains'>;
  readonly model: Ref<'models'>;
}

/** The entries of a table that serve one model of a domain, from the level of users on, below it, or at any (§6.1). */
interface Market {
  readonly entries: readonly DrawEntry[];
  /** As the tasks of each class weigh them, made when the first comes. */
  readonly byClass: Map<TaskClass, Weighing>;
  /** Places in `entries` of what an account operates or owns, ascending. */
  readonly ofAccount: ReadonlyMap<string, readonly number[]>;
  /** Places of those that began last first. */
  readonly newest: readonly number[];
}

/** How the tasks of one class weigh those of a market (§6.6). */
interface Weighing {
  readonly steering: Steering;
  readonly row: WeightedRow;
}

/** PERF(draws): what the draws of one table share is made once; the worst case is a table with one draw. */
const markets = new WeakMap<DrawTable, Map<string, Market>>();

function marketOf(table: DrawTable, request: Omit<DrawRequest, 'taskId'>): Market {
  const { kind, domain, model } = request;
  const levels = kind === 'user' || kind === 'challenge' ? kind : 'any';
  const name = `${domain}/${model}/${levels}`;
  const known = markets.get(table) ?? new Map<string, Market>();
  markets.set(table, known);
  const market = known.get(name) ?? newMarket(table, { levels, domain, model });
  known.set(name, market);
  return market;
}

/** Whether a miner stands where users' tasks may be drawn for it; below are those that the network tests (§4.12.1). */
const isForUsers = ({ level, userLevel }: DrawEntry): boolean => level >= userLevel;

function newMarket(table: DrawTable, { levels, domain, model }: MarketName): Market {
  const entries = table.entries.filter(
    (entry) =>
      entry.weight > 0n &&
      (levels === 'any' || (levels === 'user') === isForUsers(entry)) && // §6.1
      entry.domain === domain &&
      entry.models.includes(model),
  );
  const ofAccount = new Map<string, number[]>();
  entries.forEach(({ operator, owner }, place) => {
    for (const account of new Set([toHex(operator), toHex(owner)])) {
      const places = ofAccount.get(account);
      if (places === undefined) ofAccount.set(account, [place]);
      else places.push(place);
    }
  });
  const newest = [...entries.keys()].sort((a, b) => itemAt(entries, b).activeFrom - itemAt(entries, a).activeFrom);
  return { entries, byClass: new Map(), ofAccount, newest };
}

function weighingOf(table: DrawTable, { entries, byClass }: Market, bounds: TaskBounds): Weighing {
  const taskClass = taskClassOf(bounds, table.steering);
  const known = byClass.get(taskClass);
  if (known !== undefined) return known;
  const measured = entries.map(({ measures }) => measures);
  const steering = steeringOf(taskClass, measured, table.steering);
  const weights = entries.map(({ weight, measures }) => steeredWeight(weight, steering.factorPpb(measures)));
  const weighing = { steering, row: new WeightedRow(weights) };
  byClass.set(taskClass, weighing);
  return weighing;
}

/** Places of those in a market who may not be drawn for a task, ascending. */
function excludedOf({ entries, ofAccount, newest }: Market, request: Omit<DrawRequest, 'taskId'>): number[] {
  const { payer, dedicatedMiners, drawHeight } = request;
  const excluded = new Set(ofAccount.get(toHex(payer)));
  for (const place of newest) {
    if (itemAt(entries, place).activeFrom <= drawHeight) break;
    excluded.add(place);
  }
  if (dedicatedMiners.length > 0) {
    const named = new Set(dedicatedMiners);
    for (const [place, { miner }] of entries.entries()) if (!named.has(miner)) excluded.add(place);
  }
  return [...excluded].sort((a, b) => a - b);
}

/**
 * Those who may be drawn for a task (§6.1): active, of its domain, serving its model, high enough for users, named when
 * the session is dedicated, and not the payer's own.
 */
export function eligibleMiners(table: DrawTable, request: Omit<DrawRequest, 'taskId'>): DrawEntry[] {
  const market = marketOf(table, request);
  const excluded = new Set(excludedOf(market, request));
  return market.entries.filter((_, place) => !excluded.has(place));
}

/** How the table weighs the speed of its miners in the draw for a task (§6.6). */
export function drawSteering(table: DrawTable, request: Omit<DrawRequest, 'taskId'>): Steering {
  return weighingOf(table, marketOf(table, request), request).steering;
}

/**
 * The first `count` ranks of the draw for a task (§6.2): cumulative-sum sampling without replacement by weight. Rank
 * i uses the seed SHA-256(epoch beacon ‖ task id ‖ i as 4 bytes, little-endian). Fewer ranks when fewer are eligible.
 * The table may not change after its first draw.
 */
export function drawMiners(table: DrawTable, request: DrawRequest, count: number): DrawRank[] {
  const market = marketOf(table, request);
  const seed = concatBytes([table.beacon, request.taskId]);
  return weighingOf(table, market, request)
    .row.sample(seed, count, excludedOf(market, request))
    .map(({ index, ...rank }) => {
      const { miner } = itemAt(market.entries, index);
      return { miner, ...rank };
    });
}
