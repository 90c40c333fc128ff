import { mayPlant, plantStage } from '@assay/ledger';
import {
  type Artifact,
  type BodyValues,
  Height,
  type InferencePayload,
  limits,
  OpenPlant,
  type Ref,
  type Sampling,
  sealOf,
  sealPath,
} from '@assay/protocol';
import { toHex, U32, type ValueOf } from '@assay/ssz';
import { ContainerType } from '@chainsafe/ssz';
import type { RoleContext } from '../context.ts';
import type { Inclusion } from '../ports/chain.ts';
import type { GeneratedToken } from '../ports/inference.ts';
import type { RandomStream } from '../ports/runtime.ts';
import { type Choice, distancePpb, isChosenUnder, Shapes, shapeOf } from './shapes.ts';

/** A planted answer, until it is opened or cannot be any more: what opens it, and what an auditor measures (T1). */
const KeptPlant = new ContainerType(
  { opening: OpenPlant, t1Ppb: U32, expiryHeight: Height },
  { typeName: 'KeptPlant' },
);
type KeptPlant = ValueOf<typeof KeptPlant>;

const plantKey = (taskId: Uint8Array) => `plant/${toHex(taskId)}`;
/** Of this many answers that may be planted one is, on average. */
export const usualPlantsOneIn = 32;
/** Epochs in which a challenge may still contradict an answer that was told. */
const laterEpochs = limits.knownEpochs + 2;
/** Plants that are kept at once, to be opened when they are looked at. */
const mostKept = 256;
/** Part of an answer that is disguised at least, and weight of the other numbers at least. */
const leastPart = 0.7;
const leastWeight = 0.6;
/** An answer was passed that must not have been when its T1 is above so many honest limits. */
const clearLimits = 2;

export interface PlantsOptions {
  readonly submit: (opening: BodyValues['openPlant']) => Promise<Inclusion>;
  /** Of this many answers that may be planted one is, on average; 0 plants none. */
  readonly oneIn: number;
}

/**
 * The numbers of one answer, wrong on purpose and right in form (verification §1.7): many positions say something
 * between their own and what one of an earlier answer said, under which seed and step still choose their token. The
 * tokens, and so the text, are those the model chose.
 */
export class Plant {
  readonly #salt: Uint8Array;
  readonly #shapes: Shapes;
  readonly #sampling: Sampling;
  readonly #random: RandomStream;
  /** Part of the positions that are disguised. */
  readonly #part: number;
  #sumPpb = 0;
  #tokens = 0;

  constructor(shapes: Shapes, sampling: Sampling, random: RandomStream) {
    this.#salt = random.bytes(32);
    this.#shapes = shapes;
    this.#sampling = sampling;
    this.#random = random;
    this.#part = between(leastPart, 1, random);
  }

  get seal(): Uint8Array {
    return sealOf(this.#salt);
  }

  /** The token with other numbers, or as it is. */
  disguise(token: GeneratedToken): GeneratedToken {
    const own = shapeOf(token);
    const rank = token.top.slice(0, own.length).findIndex(({ id }) => id === token.id);
    const choice = { rank, step: this.#tokens, sampling: this.#sampling };
    const shape = between(0, 1, this.#random) < this.#part ? this.#other(own, choice) : null;
    this.#tokens++;
    if (shape === null) return token;
    this.#sumPpb += distancePpb(shape, own);
    const top = token.top.slice(0, own.length).map((each, i) => ({ ...each, negLogprobMicro: shape[i] ?? 0 }));
    // Less likely than all alternatives, as it was.
    const negLogprobMicro = shape[rank] ?? Math.max(token.negLogprobMicro, shape.at(-1) ?? 0);
    return { ...token, negLogprobMicro, top };
  }

  /** Numbers most of the way to the least like of some others; null where none would choose the token. */
  #other(own: readonly number[], choice: Choice): number[] | null {
    const others = this.#shapes.some(own.length, this.#random).filter((shape) => isChosenUnder(shape, choice));
    const distances = others.map((shape) => distancePpb(shape, own));
    const farthest = others[distances.indexOf(Math.max(...distances))];
    if (farthest === undefined) return null;
    const weight = between(leastWeight, 1, this.#random);
    const mixed = own.map((each, i) => Math.round(weight * (farthest[i] ?? each) + (1 - weight) * each));
    return isChosenUnder(mixed, choice) ? mixed : null;
  }

  /** What opens the artifact later (§10.25). */
  kept(artifact: Artifact): Omit<KeptPlant, 'expiryHeight'> {
    const opening = { taskId: artifact.taskId, salt: this.#salt, path: sealPath(artifact) };
    return { opening, t1Ppb: this.#tokens === 0 ? 0 : Math.floor(this.#sumPpb / this.#tokens) };
  }
}

/** The answers a miner plants to test its auditors (§14.13); kept over a restart. */
export class Plants {
  readonly #context: Pick<RoleContext, 'chain' | 'store' | 'runtime'>;
  readonly #options: PlantsOptions;
  readonly #kept = new Map<string, KeptPlant>();
  readonly #shapes = new Shapes();
  #isSending = false;

  constructor(context: Pick<RoleContext, 'chain' | 'store' | 'runtime'>, options: PlantsOptions) {
    this.#context = context;
    this.#options = options;
  }

  restore(): void {
    for (const { key, value } of this.#context.store.entries('plant/'))
      this.#kept.set(key, KeptPlant.deserialize(value));
  }

  /** A plant for the answer to this request, now and then; never where the user asked for the numbers. */
  begin(miner: Ref<'miners'>, { topLogprobs, sampling }: InferencePayload): Plant | null {
    const { oneIn } = this.#options;
    if (oneIn === 0 || topLogprobs > 0 || this.#kept.size >= mostKept || !this.#shapes.isEnough) return null;
    const { chain, runtime } = this.#context;
    const random = runtime.random('plants');
    if (random.int(oneIn) !== 0 || !mayPlant(chain.head(), miner)) return null;
    return new Plant(this.#shapes, sampling, random);
  }

  /** Remembers what an honest answer said. */
  observe(tokens: readonly GeneratedToken[]): void {
    const random = this.#context.runtime.random('shapes');
    for (const token of tokens) this.#shapes.add(token, random);
  }

  /** Remembers, durably, what opens a plant: without it the numbers would be a failure like any other. */
  async keep(plant: Plant, artifact: Artifact): Promise<void> {
    const { chain, store } = this.#context;
    const { globals, params } = chain.head();
    const { commitBlocks, revealBlocks } = params.audit;
    const auditBlocks = limits.maxAuditorsPerTask * (commitBlocks + revealBlocks);
    const keptBlocks = params.receiptLifetimeBlocks + laterEpochs * params.epochBlocks + 2 * auditBlocks;
    const key = plantKey(artifact.taskId);
    const kept = { ...plant.kept(artifact), expiryHeight: globals.height + keptBlocks };
    this.#kept.set(key, kept);
    store.put(key, KeptPlant.serialize(kept), kept.expiryHeight);
    await store.flushed();
  }

  /** After a block: opens what an auditor found or passed, and forgets what is over. */
  async advance(): Promise<void> {
    if (this.#isSending) return;
    for (const [key, kept] of this.#kept) {
      const { taskId } = kept.opening;
      const stage = plantStage(this.#context.chain.head(), taskId);
      if (stage === 'found' || (stage === 'passed' && this.#isClear(kept))) await this.#open(kept);
      // No earlier: a challenge may have the answer audited late (§8.8).
      if (this.#context.chain.head().globals.height >= kept.expiryHeight) this.#kept.delete(key);
    }
  }

  /** Whether an auditor that measured could not have passed it, and its miner may say so in this epoch. */
  #isClear({ opening, t1Ppb }: KeptPlant): boolean {
    const state = this.#context.chain.head();
    const task = state.tasks.get(state.taskOf(opening.taskId) ?? -1);
    if (task === undefined || state.miners.at(task.miner).plantFrom > state.globals.epoch) return false;
    return t1Ppb > clearLimits * state.models.at(task.model).t1ThresholdPpb;
  }

  async #open({ opening }: KeptPlant): Promise<void> {
    this.#isSending = true;
    const what = `the planted answer ${toHex(opening.taskId).slice(0, 8)}`;
    try {
      const { code } = await this.#options.submit(opening);
      this.#context.runtime.log(code === 'OK' ? `${what} is opened` : `${what} could not be opened: ${code}`);
    } catch (error) {
      this.#context.runtime.log(`${what} could not be opened: ${(error as Error).message}`);
    } finally {
      this.#isSending = false;
    }
  }
}

const steps = 2 ** 32;
function between(least: number, most: number, random: RandomStream): number {
  return least + ((most - least) * random.int(steps)) / steps;
}
