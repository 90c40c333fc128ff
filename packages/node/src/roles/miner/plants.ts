import { mayPlant, plantStage } from '@assay/ledger';
import {
  type Artifact,
  type BodyValues,
  type InferencePayload,
  limits,
  OpenPlant,
  sealOf,
  sealPath,
  taskStatuses,
  toHex,
  U32,
  type ValueOf,
  verdicts,
} from '@assay/protocol';
import { ContainerType } from '@chainsafe/ssz';
import { probabilityPpb, variationPpb } from '../../audit/distribution.ts';
import type { Inclusion } from '../../consensus/port.ts';
import type { GeneratedToken } from '../../inference/port.ts';
import type { RoleContext } from '../context.ts';

/** A planted answer, until it is opened or cannot be any more: what opens it, and what an auditor measures (T1). */
const KeptPlant = new ContainerType({ opening: OpenPlant, t1Ppb: U32 }, { typeName: 'KeptPlant' });
type KeptPlant = ValueOf<typeof KeptPlant>;

const plantKey = (taskId: Uint8Array) => `plant/${toHex(taskId)}`;
/** Of this many answers that may be planted one is, on average. */
export const usualPlantsOneIn = 32;
/** Positions before this one whose numbers may be given in its place. */
const shapes = 8;
/** An answer was passed that must not have been when its T1 is above so many honest limits. */
const clearLimits = 2;

export interface PlantsOptions {
  readonly submit: (opening: BodyValues['openPlant']) => Promise<Inclusion>;
  /** Of this many answers that may be planted one is, on average; 0 plants none. */
  readonly oneIn: number;
}

/**
 * The numbers of one answer, wrong on purpose and right in form (verification §1.7): each position says what one before
 * it should. The tokens, and so the text, are those the model chose.
 */
export class Plant {
  readonly #salt: Uint8Array;
  readonly #before: number[][] = [];
  #sumPpb = 0;
  #tokens = 0;

  /** `salt`: 32 random bytes that nobody knows until the answer is opened. */
  constructor(salt: Uint8Array) {
    this.#salt = salt;
  }

  get seal(): Uint8Array {
    return sealOf(this.#salt);
  }

  /** The token with the numbers of the position before it that are least like its own. */
  disguise(token: GeneratedToken): GeneratedToken {
    const own = token.top.slice(0, limits.topLogprobs).map(({ negLogprobMicro }) => negLogprobMicro);
    const distances = this.#before.map((shape) => (shape.length === own.length ? distancePpb(shape, own) : 0));
    const farPpb = Math.max(0, ...distances);
    const shape = this.#before[distances.indexOf(farPpb)] ?? own;
    this.#before.push(own);
    if (this.#before.length > shapes) this.#before.shift();
    this.#sumPpb += farPpb;
    this.#tokens++;
    const top = token.top.slice(0, own.length).map((each, i) => ({ ...each, negLogprobMicro: shape[i] ?? 0 }));
    const listed = top.find(({ id }) => id === token.id)?.negLogprobMicro;
    // Less likely than all alternatives, as it was.
    const negLogprobMicro = listed ?? Math.max(token.negLogprobMicro, shape.at(-1) ?? 0);
    return { ...token, negLogprobMicro, top };
  }

  /** What opens the artifact later (§10.25). */
  kept(artifact: Artifact): KeptPlant {
    const opening = { taskId: artifact.taskId, salt: this.#salt, path: sealPath(artifact) };
    return { opening, t1Ppb: this.#tokens === 0 ? 0 : Math.floor(this.#sumPpb / this.#tokens) };
  }
}

/** The answers a miner plants to test its auditors, one at a time (§14.13); kept over a restart. */
export class Plants {
  readonly #context: Pick<RoleContext, 'engine' | 'store' | 'runtime'>;
  readonly #options: PlantsOptions;
  readonly #kept = new Map<string, KeptPlant>();
  #isPlanting = false;
  #isSending = false;

  constructor(context: Pick<RoleContext, 'engine' | 'store' | 'runtime'>, options: PlantsOptions) {
    this.#context = context;
    this.#options = options;
  }

  restore(): void {
    for (const { key, value } of this.#context.store.entries('plant/'))
      this.#kept.set(key, KeptPlant.deserialize(value));
  }

  /** A plant for the answer to this request, now and then; never where the user asked for the numbers. */
  begin(miner: number, payload: InferencePayload): Plant | null {
    const { oneIn } = this.#options;
    if (oneIn === 0 || payload.topLogprobs > 0 || this.#isPlanting || this.#kept.size > 0) return null;
    const { engine, runtime } = this.#context;
    if (runtime.random('plants').int(oneIn) !== 0 || !mayPlant(engine.ledger.state, miner)) return null;
    this.#isPlanting = true;
    return new Plant(runtime.random('plant salts').bytes(32));
  }

  /** The answer that was begun is kept, or came to nothing. */
  end(): void {
    this.#isPlanting = false;
  }

  /** Remembers, durably, what opens a plant: without it the numbers would be a failure like any other. */
  async keep(plant: Plant, artifact: Artifact): Promise<void> {
    const { engine, store } = this.#context;
    const { globals, params } = engine.ledger.state;
    const { commitBlocks, revealBlocks } = params.audit;
    const auditBlocks = limits.maxAuditorsPerTask * (commitBlocks + revealBlocks);
    const key = plantKey(artifact.taskId);
    const kept = plant.kept(artifact);
    this.#kept.set(key, kept);
    store.put(key, KeptPlant.serialize(kept), globals.height + params.receiptLifetimeBlocks + auditBlocks);
    await store.flushed();
  }

  /** After a block: opens what an auditor found or passed, and forgets what is over. */
  async advance(): Promise<void> {
    if (this.#isSending) return;
    for (const [key, kept] of this.#kept) {
      const { taskId } = kept.opening;
      const stage = plantStage(this.#context.engine.ledger.state, taskId);
      const isOpened = stage === 'found' || (stage === 'passed' && this.#isClear(kept));
      if (isOpened) await this.#open(kept);
      if (this.#isOver(key, kept)) this.#forget(key);
    }
  }

  /** Whether an auditor that measured could not have passed it. */
  #isClear({ opening, t1Ppb }: KeptPlant): boolean {
    const { state } = this.#context.engine.ledger;
    const task = state.tasks.get(state.taskOf(opening.taskId) ?? -1);
    return task !== undefined && t1Ppb > clearLimits * state.models.at(task.model).t1ThresholdPpb;
  }

  #isOver(key: string, kept: KeptPlant): boolean {
    const { state } = this.#context.engine.ledger;
    const { taskId } = kept.opening;
    const task = state.tasks.get(state.taskOf(taskId) ?? -1);
    if (task === undefined) return this.#context.store.get(key) === undefined;
    const audit = state.audits.get(state.auditOf(taskId) ?? -1);
    if (audit === undefined) return task.status > taskStatuses.auditing;
    return audit.verdict !== verdicts.open || audit.isPlanted;
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

  #forget(key: string): void {
    this.#kept.delete(key);
    this.#context.store.delete(key);
  }
}

function distancePpb(shape: readonly number[], own: readonly number[]): number {
  const position = (negLogprobs: readonly number[]) => ({
    ...{ index: 0, ids: [] },
    probabilitiesPpb: negLogprobs.map(probabilityPpb),
  });
  return variationPpb(position(shape), position(own));
}
