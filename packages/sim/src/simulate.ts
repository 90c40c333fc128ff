import { names } from '@assay/node/devnet/genesis';
import type { LedgerEvent, Ref } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { trouble } from './faults.ts';
import { type Load, LoadMeter } from './load.ts';
import { Machines } from './machines.ts';
import { Users } from './users.ts';
import { World, type WorldOptions } from './world.ts';

export interface SimulationOptions extends Pick<WorldOptions, 'storeOf'> {
  readonly seed: number;
  readonly miners: number;
  /** As many as the default network has when absent. */
  readonly mixers?: number;
  /** As in the default network when absent. */
  readonly epochBlocks?: number | undefined;
  /** How long users ask and things go wrong, simulated minutes; then all that was asked comes to its end. */
  readonly minutes: number;
}

export interface SimulationReport {
  readonly seed: number;
  readonly minutes: number;
  readonly blocks: number;
  readonly asked: number;
  readonly answered: number;
  /** Code → requests that ended with it. */
  readonly refused: Readonly<Record<string, number>>;
  readonly certified: number;
  readonly approved: number;
  readonly rejected: number;
  /** Answered tasks that were never certified: ids, and what roles said of them. */
  readonly lost: readonly string[];
  /** Rejected tasks, but those whose mixer was away after it, so that no auditor got the artifact (§14.8). */
  readonly unexplained: readonly string[];
  readonly load: Load;
  readonly epochs: number;
  readonly crashes: number;
  readonly stateRoot: string;
  /** SHA-256 over the roots of the blocks and the answers, in the order of simulated time. */
  readonly traceHash: string;
  /** Simulated time ÷ real time, from the first answer that may be asked for. */
  readonly speed: number;
}

/** What broke a world, with its seed and the last that happened in it. */
export class SimulationFailed extends Error {
  constructor({ seed }: SimulationOptions, { cause, lines }: { cause: unknown; lines: readonly string[] }) {
    super(`The world of seed ${seed} broke: ${String(cause)}\nThe last that happened:\n${lines.join('\n')}`, { cause });
    this.name = 'SimulationFailed';
  }
}

/** Users with so many miners for each. */
const minersPerUser = 4;
const minuteMs = 60_000;
const stepMs = 1000;
/** Longest wait for what was asked to be judged, simulated milliseconds. */
const endingMs = 5 * minuteMs;

const idOf = (taskId: Uint8Array) => `0x${toHex(taskId)}`;

/** What the ledger says of tasks. */
class Tally {
  /** By which mixer, and when. */
  readonly certified = new Map<string, { readonly mixer: Ref<'mixers'>; readonly atMs: number }>();
  readonly approved = new Set<string>();
  readonly rejected = new Map<string, { readonly isUnseen: boolean }>();

  add(event: LedgerEvent, atMs: number): void {
    if (event.type === 'taskCertified') this.certified.set(idOf(event.taskId), { mixer: event.mixer, atMs });
    if (event.type === 'taskApproved') this.approved.add(idOf(event.taskId));
    if (event.type === 'taskRejected') {
      this.rejected.set(idOf(event.taskId), { isUnseen: event.reason === 'noResult' });
    }
  }

  /** How long certified tasks waited for it since their users had the answer, milliseconds. */
  waitsMs(answeredMs: ReadonlyMap<string, number>): number[] {
    return [...answeredMs].flatMap(([taskId, sinceMs]) => {
      const certified = this.certified.get(taskId);
      return certified === undefined ? [] : [Math.max(0, certified.atMs - sinceMs)];
    });
  }

  isJudged(taskId: string): boolean {
    return this.approved.has(taskId) || this.rejected.has(taskId);
  }
}

/**
 * Runs a world from its seed. `begun` gets it when users are about to ask. The ledger checks after each block that no
 * money was made or lost; a block for which that does not hold, as all else that ends the engine, rejects with
 * SimulationFailed.
 */
export async function simulate(
  options: SimulationOptions,
  begun: (world: World) => void = () => {},
): Promise<SimulationReport> {
  const { epochBlocks } = options;
  const world = await World.open(epochBlocks === undefined ? options : { ...options, params: { epochBlocks } });
  const { promise: broken, reject: broke } = Promise.withResolvers<never>();
  broken.catch(() => {});
  // What a listener or a role throws where nobody waits for it.
  process.on('uncaughtException', broke);
  try {
    const machines = new Machines(world);
    await world.start((role) => machines.begin(role));
    const apiKeys = await world.runtime.until(sessionsIn(world));
    begun(world);
    return await Promise.race([live({ world, machines, apiKeys }, options), broken]);
  } catch (cause) {
    throw new SimulationFailed(options, { cause, lines: world.trace.lastLines });
  } finally {
    process.off('uncaughtException', broke);
    void world.stop();
  }
}

/** API keys of a session at each mixer. */
async function sessionsIn(world: World): Promise<string[]> {
  const others = Array.from(world.chain.head().mixers, (_, homeMixer) => homeMixer).slice(1);
  const terms = others.map((homeMixer) => ({ homeMixer, sharesPrompts: homeMixer % 2 === 0 }));
  return [world.apiKey, ...(await world.openSessions(names.payer, terms))];
}

interface Stage {
  readonly world: World;
  readonly machines: Machines;
  readonly apiKeys: readonly string[];
}

async function live(
  { world, machines, apiKeys }: Stage,
  { seed, miners, minutes }: SimulationOptions,
): Promise<SimulationReport> {
  const { chain, runtime, trace } = world;
  const tally = new Tally();
  chain.onBlock(({ result }) => {
    for (const event of result.events) tally.add(event, runtime.monotonicMs());
  });
  const meter = new LoadMeter(world);
  const count = Math.max(2, Math.ceil(miners / minersPerUser));
  const [startedMs, beganMs] = [performance.now(), runtime.monotonicMs()];
  const users = new Users({ world, apiKeys, count });
  const allWell = trouble(runtime, machines, beganMs + minutes * minuteMs);
  allWell.catch(() => {});
  await world.pass(minutes * minuteMs);
  users.leave();
  const { answeredMs } = users;
  const isOver = () => users.waiting === 0 && [...answeredMs.keys()].every((taskId) => tally.isJudged(taskId));
  for (let waitedMs = 0; !isOver() && waitedMs < endingMs; waitedMs += stepMs) await world.pass(stepMs);
  await runtime.until(allWell);
  const { globals } = chain.head();
  return {
    seed,
    minutes: (runtime.monotonicMs() - beganMs) / minuteMs,
    blocks: globals.height,
    epochs: globals.epoch,
    asked: users.asked,
    answered: answeredMs.size,
    refused: Object.fromEntries(users.refused),
    certified: tally.certified.size,
    approved: tally.approved.size,
    rejected: tally.rejected.size,
    load: meter.measured(tally.waitsMs(answeredMs)),
    lost: [...answeredMs.keys()].flatMap((taskId) =>
      tally.certified.has(taskId) ? [] : [[taskId, ...trace.about(taskId)].join('; ')],
    ),
    unexplained: [...tally.rejected].flatMap(([taskId, { isUnseen }]) => {
      const { mixer = -1, atMs = 0 } = tally.certified.get(taskId) ?? {};
      return isUnseen && machines.wasAwaySince(names.mixer(mixer), atMs) ? [] : [taskId];
    }),
    crashes: machines.crashes,
    stateRoot: toHex(chain.stateRoot()),
    traceHash: trace.hash,
    speed: (runtime.monotonicMs() - beganMs) / (performance.now() - startedMs),
  };
}
