import type { Breakable } from './faults.ts';
import { Machine } from './machine.ts';
import type { World } from './world.ts';

/** One miner of so many can crash. */
const minersPerVictim = 10;

/** The machines of the roles of a world that can crash, each on one of its own, and what else breaks in that world. */
export class Machines implements Breakable {
  readonly miners: readonly string[];
  readonly mixer: string;
  readonly validator: string;
  readonly cut: string;
  crashes = 0;
  readonly #world: World;
  readonly #machines = new Map<string, Machine>();
  /** When a role was last back; infinite while it is away. */
  readonly #backMs = new Map<string, number>();
  readonly #addresses: ReadonlyMap<string, string>;

  constructor(world: World) {
    this.#world = world;
    this.#addresses = new Map(world.built.roles.list().map(({ name, address }) => [name, address]));
    const chance = world.runtime.random('victims');
    const namesOf = (wanted: string) =>
      world.built.roles.list().flatMap(({ kind, name }) => (kind === wanted ? [name] : []));
    const [mixers, validators] = [namesOf('mixer'), namesOf('validator')];
    const mixer = chance.int(mixers.length);
    this.mixer = mixers[mixer] ?? '';
    this.cut = mixers[(mixer + 1) % mixers.length] ?? '';
    this.validator = validators[chance.int(validators.length)] ?? '';
    this.miners = namesOf('miner').filter((_, i) => i % minersPerVictim === 0);
  }

  /** Starts a role where it belongs. */
  async begin(role: string): Promise<void> {
    if ([...this.miners, this.mixer, this.validator].includes(role)) await this.restart(role);
    else await this.#world.built.roles.set(role, true);
  }

  /** Whether a role was down or cut off at any time since then, by the monotonic clock. */
  wasAwaySince(role: string, ms: number): boolean {
    return (this.#backMs.get(role) ?? 0) > ms;
  }

  crash(role: string): void {
    this.crashes += 1;
    this.#leaves(role, 'crashes');
    this.#machines.get(role)?.crash();
  }

  /** The role as its program would start it: nothing is left but what it had flushed. */
  async restart(role: string): Promise<void> {
    this.#isBack(role, 'starts');
    const machine = new Machine(this.#world);
    this.#machines.set(role, machine);
    await this.#world.build(machine.with(this.#world.chain)).roles.set(role, true);
  }

  cutOff(role: string): void {
    this.#leaves(role, 'is cut off');
    this.#world.network.cutOff(this.#addressOf(role));
  }

  heal(role: string): void {
    this.#isBack(role, 'is back');
    this.#world.network.heal(this.#addressOf(role));
  }

  breakStreams(one: string, other: string): void {
    this.#world.trace.line(`streams of ${one} and ${other} break`);
    this.#world.network.breakStreams(this.#addressOf(one), this.#addressOf(other));
  }

  #leaves(role: string, how: string): void {
    this.#world.trace.line(`${role} ${how}`);
    this.#backMs.set(role, Number.POSITIVE_INFINITY);
  }

  #isBack(role: string, how: string): void {
    this.#world.trace.line(`${role} ${how}`);
    this.#backMs.set(role, this.#world.runtime.monotonicMs());
  }

  #addressOf(role: string): string {
    return this.#addresses.get(role) ?? '';
  }
}
