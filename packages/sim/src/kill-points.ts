import { names } from '@assay/node/devnet/genesis';
import type { Gateway } from '@assay/roles/gateway/index';
import { Apart } from './apart.ts';
import { nextDoor } from './links.ts';
import { SimulatedModel } from './simulated-model.ts';
import { World, type WorldOptions } from './world.ts';

/** How a task goes when nobody is killed. */
export interface Story {
  readonly name: string;
  /** Of a world for it, which are made anew for each. */
  readonly options?: () => Partial<WorldOptions>;
  /** After so many pieces of the answer the client leaves. */
  readonly leavesAfter?: number | undefined;
  /** What happens before the client asks. */
  readonly before?: (world: World) => Promise<void>;
}

/** The role that is on a machine of its own, and the use of a port there, from the first token on, that kills it. */
export interface KillPoint {
  readonly role: string;
  /** From 1; 0 for none. */
  readonly number: number;
}

/** What became of a task. */
export interface Outcome {
  readonly heard: 'nothing' | 'part' | 'whole';
  readonly text: string;
  /** What the ledger has of it; null for what was never certified. */
  readonly certified: 'complete' | 'partial' | null;
  /** What the session paid, and what the receipt says. */
  readonly chargedUnits: bigint;
  readonly priceUnits: bigint;
  /** The use that the machine was killed at; null when there was none. */
  readonly killedAt: string | null;
  /** From there to the block that certified it, simulated milliseconds; 0 when there is none. */
  readonly recoveredMs: number;
  /** What the role used from the first token to the certified record. */
  readonly uses: readonly string[];
  /** Who made the answer; null for what was never certified. */
  readonly miner: string | null;
  /** Whether the same session was answered afterwards, and that was certified. */
  readonly goesOn: boolean;
}

/** Blocks after all are back by which a durable task is certified. */
const patienceBlocks = 32;
/** Blocks after which mixers have heard one that is back. */
const blocksToBeHeard = 6;
const tokenMs = 4;
const downMs = { least: 200, more: 3000 } as const;
const deadlines = {
  prepareMs: 500,
  firstTokenMs: 1000,
  generationMs: 3000,
  generationPerTokenMs: 50,
  stallMs: 800,
  commitMs: 500,
  lostMs: 100,
  oracleSlotMs: 200,
};
const usual = {
  seed: 1,
  miners: 2,
  ways: nextDoor,
  plantsOneIn: 0,
  modelOf: (_, runtime) => new SimulatedModel('registered', () => runtime.sleep(tokenMs)),
  params: { blockTimeMs: 200, batchMs: 40, epochBlocks: 4096, deadlines },
} as const satisfies WorldOptions;

/** Runs a story in a world of its own, with a machine that is killed at a point and started again some time later. */
export async function run(story: Story, kill: KillPoint): Promise<Outcome> {
  const world = await World.open({ ...usual, ...story.options?.() });
  const stage = new Stage(world, kill);
  const apart = await Apart.open(world, (_, use) => stage.use(use));
  stage.apart = apart;
  await world.start((role) => (role === kill.role ? apart.begin(role) : world.built.roles.set(role, true)));
  world.live();
  await world.blocks(3);
  await story.before?.(world);
  const outcome = await stage.play(story);
  await apart.endAll();
  await world.end();
  return outcome;
}

class Stage {
  apart: Apart | null = null;
  readonly #world: World;
  readonly #kill: KillPoint;
  readonly #uses: string[] = [];
  readonly #killed = Promise.withResolvers<null>();
  #killedAt: string | null = null;
  #killedMs = 0;
  #back: Promise<void> = Promise.resolve();
  #isCounting = false;
  #isOver = false;

  constructor(world: World, kill: KillPoint) {
    this.#world = world;
    this.#kill = kill;
  }

  use(what: string): void {
    if (!this.#isCounting || this.#isOver) return;
    this.#uses.push(what);
    const { apart } = this;
    const { role, number } = this.#kill;
    if (apart === null || this.#uses.length !== number) return;
    const { runtime } = this.#world;
    this.#killedAt = what;
    this.#killedMs = runtime.monotonicMs();
    apart.crash(role);
    this.#killed.resolve(null);
    this.#back = runtime.sleep(downMs.least + runtime.random('down').int(downMs.more)).then(() => apart.begin(role));
  }

  async play(story: Story): Promise<Outcome> {
    const world = this.#world;
    const escrowUnits = () => world.chain.head().sessions.at(world.session).escrowUnits;
    const beforeUnits = escrowUnits();
    const { taskId, heard, text } = await this.#ask(story);
    await this.#certified(taskId);
    await world.blocks(1);
    this.#isOver = true;
    const recoveredMs = world.task(taskId) === null ? 0 : world.runtime.monotonicMs() - this.#killedMs;
    const { receipt } = world.task(taskId) ?? {};
    const chargedUnits = beforeUnits - escrowUnits();
    await this.#back;
    await world.blocks(blocksToBeHeard);
    const next = await this.#ask({ name: 'the next' }).catch(() => null);
    if (next !== null) await this.#certified(next.taskId);
    return {
      heard,
      text,
      certified: receipt?.outcome ?? null,
      chargedUnits,
      priceUnits: receipt?.priceUnits ?? 0n,
      killedAt: this.#killedAt,
      recoveredMs: this.#killedAt === null ? 0 : recoveredMs,
      uses: this.#uses,
      miner: receipt === undefined ? null : names.miner(receipt.miner),
      goesOn: next?.heard === 'whole' && world.task(next.taskId) !== null,
    };
  }

  /** The gateway that clients reach: on its own machine where it is the one that is killed. */
  get #gateway(): Gateway {
    if (this.#kill.role !== names.gateway) return this.#world.gateway;
    const gateway = this.apart?.of(names.gateway).built.gateway ?? null;
    if (gateway === null) throw new Error('there is no gateway');
    return gateway;
  }

  async #ask(story: Story): Promise<{ taskId: string } & Pick<Outcome, 'heard' | 'text'>> {
    const world = this.#world;
    const leaving = new AbortController();
    const { taskId, events } = await this.#gateway.ask(world.apiKey, world.request(), leaving.signal);
    const reader = events[Symbol.asyncIterator]();
    // A client of a gateway that is gone hears nothing more.
    const gone = this.#kill.role === names.gateway && this.#killedAt === null ? [this.#killed.promise] : [];
    let text = '';
    let pieces = 0;
    try {
      for (;;) {
        const next = await Promise.race([reader.next(), ...gone]);
        if (next === null) break;
        if (next.done === true) return { taskId, heard: 'whole', text };
        if (next.value.type === 'tokens') text += next.value.text;
        pieces += 1;
        this.#isCounting = true;
        if (pieces === story.leavesAfter) leaving.abort();
      }
    } catch {
      // What it has is all that it gets.
    }
    return { taskId, heard: text === '' ? 'nothing' : 'part', text };
  }

  /** Resolves when a task is certified, or can be expected to be so no more. */
  async #certified(taskId: string): Promise<void> {
    const world = this.#world;
    await this.#back;
    const { height } = world.chain.head().globals;
    await world.until(() => world.task(taskId) !== null || world.chain.head().globals.height > height + patienceBlocks);
  }
}

/** §5.10 Why what became of a task is none of the states that the rules know; null when it is one. */
export function faultOf({ leavesAfter }: Story, kill: KillPoint, outcome: Outcome, whole: string): string | null {
  const { heard, text, certified, chargedUnits, priceUnits, goesOn } = outcome;
  if (!whole.startsWith(text)) return 'another answer than the one that nobody disturbed';
  if (chargedUnits !== priceUnits) return 'charged for something else than what was certified';
  if (heard === 'whole' && (text !== whole || certified !== 'complete')) return 'delivered in full, and not certified';
  if (!goesOn) return 'the session was not served afterwards';
  if (heard === 'whole' || certified === null) return null;
  // §5.9 Whose gateway is gone has left. §5.10 What is durable is certified, although its mixer had no time to say so.
  const isLeft = leavesAfter !== undefined || kill.role === names.gateway;
  const isDurable = certified === 'complete' && kill.role.startsWith('mixer');
  return isLeft || isDurable ? null : 'charged, and not delivered in full';
}
