import type { RandomStream, Runtime } from '@assay/roles/ports/runtime';

/** What can go wrong, each part until it is put right. */
export interface Breakable {
  /** Roles that crash. */
  readonly miners: readonly string[];
  readonly mixer: string;
  readonly validator: string;
  /** A mixer that is cut off from all others. */
  readonly cut: string;
  crash(role: string): void;
  restart(role: string): Promise<void>;
  cutOff(role: string): void;
  heal(role: string): void;
  /** Breaks the streams between two roles. */
  breakStreams(one: string, other: string): void;
}

/** Mean time from one fault to the next of its kind, and how long the last of them may take, milliseconds. */
const gapsMs = { miner: 10_000, committee: 12_000, streams: 4000 } as const;
const longestMs = 8000;

const oneOf = <T>(chance: RandomStream, all: readonly T[]): T => all[chance.int(all.length)] as T;

/** Lets things go wrong at random moments until a time, by the monotonic clock; resolves when all is well again. */
export async function trouble(runtime: Runtime, world: Breakable, untilMs: number): Promise<void> {
  const every = async (name: keyof typeof gapsMs, fault: (chance: RandomStream) => Promise<void>) => {
    const chance = runtime.random(`faults/${name}`);
    for (;;) {
      await runtime.sleep(chance.int(2 * gapsMs[name]));
      if (runtime.monotonicMs() >= untilMs - longestMs) return;
      await fault(chance);
    }
  };
  const down = async (role: string, chance: RandomStream) => {
    world.crash(role);
    await runtime.sleep(500 + chance.int(longestMs - 500));
    await world.restart(role);
  };
  await Promise.all([
    every('miner', (chance) => down(oneOf(chance, world.miners), chance)),
    // One of the committee at a time: without two of its four mixers it certifies nothing.
    every('committee', async (chance) => {
      const role = oneOf(chance, [world.mixer, world.validator, world.cut]);
      if (role !== world.cut) return down(role, chance);
      world.cutOff(role);
      await runtime.sleep(500 + chance.int(longestMs - 500));
      world.heal(role);
    }),
    every('streams', async (chance) => {
      world.breakStreams(oneOf(chance, world.miners), oneOf(chance, [world.mixer, world.cut]));
    }),
  ]);
}

/** Roles that are killed and started again, one of them at a time. */
export interface Mortal {
  readonly roles: readonly string[];
  crash(role: string): void;
  /** Resolves when the role runs again. */
  restart(role: string): Promise<void>;
}

/** A role that was killed: how long it was down, and how long it took to run again after it was started. */
export interface Death {
  readonly role: string;
  readonly downMs: number;
  readonly backMs: number;
}

const betweenKillsMs = 6000;

/** Kills one role after the other at random moments until a time, by the monotonic clock; gives what it did. */
export async function kills(runtime: Runtime, { roles, crash, restart }: Mortal, untilMs: number): Promise<Death[]> {
  const chance = runtime.random(`kills of ${roles.join()}`);
  const deaths: Death[] = [];
  for (;;) {
    await runtime.sleep(chance.int(2 * betweenKillsMs));
    if (runtime.monotonicMs() >= untilMs - longestMs) return deaths;
    const role = oneOf(chance, roles);
    crash(role);
    const downMs = 500 + chance.int(longestMs - 500);
    await runtime.sleep(downMs);
    const startedMs = runtime.monotonicMs();
    await restart(role);
    deaths.push({ role, downMs, backMs: runtime.monotonicMs() - startedMs });
  }
}
