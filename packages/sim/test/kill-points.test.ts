import { useNativeHasher } from '@assay/node/crypto/hasher';
import { names } from '@assay/node/devnet/genesis';
import type { Runtime } from '@assay/roles/ports/runtime';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { faultOf, type KillPoint, type Outcome, run, type Story } from '../src/kill-points.ts';
import { SimulatedModel } from '../src/simulated-model.ts';

useNativeHasher();

/** Points of each role in each story that are tried; `KILL_POINTS=1000` tries every one of them. */
const wanted = Number(process.env.KILL_POINTS ?? 4);
const seed = 1;
const patienceMs = wanted * 75_000;

/** The first miner that comes so far hangs, and the oracles take the task away from it. */
function oneHangs() {
  let left = 1;
  const model = (_: number, runtime: Runtime) =>
    new SimulatedModel('registered', async (step) => {
      if (step === 3 && left-- > 0) await new Promise<never>(() => {});
      await runtime.sleep(4);
    });
  return { modelOf: model };
}

const stories: readonly (readonly [Story, readonly string[]])[] = [
  [{ name: 'heard to its end' }, [names.mixer(0), names.mixer(1), names.miner(0), names.gateway]],
  [{ name: 'left by its client', leavesAfter: 3 }, [names.mixer(0), names.miner(0)]],
  [
    { name: 'taken over by another miner', options: oneHangs },
    [names.mixer(0), names.miner(0), names.miner(1), names.gateway],
  ],
  [
    {
      name: 'taken by another mixer, as its own is away',
      before: async (world) => {
        await world.built.roles.set(names.mixer(0), false);
        await world.blocks(8);
      },
    },
    [names.mixer(1), names.gateway],
  ],
];

/** The uses at which a machine is killed: all, or so many by chance. */
function numbersOf(name: string, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  if (count <= wanted) return all;
  const chance = new SimulatedRuntime({ seed }).random(name);
  return Array.from({ length: wanted }, () => all.splice(chance.int(all.length), 1)).flat();
}

const stateOf = ({ heard, certified }: Outcome) => `${heard} heard, ${certified ?? 'not'} certified`;

describe('a machine that is killed at any use of a port, from the first token to the certified record (§5.10)', () => {
  it.each(stories)(
    'of a task $name',
    async (story, roles) => {
      const { text: whole } = await run({ ...story, leavesAfter: undefined }, { role: names.mixer(2), number: 0 });
      const [faults, states] = [[] as string[], new Map<string, number>()];
      let [points, uses, slowestMs] = [0, 0, 0];
      for (const role of roles) {
        const undisturbed = await run(story, { role, number: 0 });
        expect(faultOf(story, { role, number: 0 }, undisturbed, whole)).toBe(null);
        uses += undisturbed.uses.length;
        for (const number of numbersOf(`${story.name} ${role}`, undisturbed.uses.length)) {
          const kill: KillPoint = { role, number };
          const outcome = await run(story, kill);
          const fault = faultOf(story, kill, outcome, whole);
          if (fault !== null) faults.push(`${role} at ${number}, ${outcome.killedAt}: ${fault}`);
          const state = `${role}: ${stateOf(outcome)}`;
          states.set(state, (states.get(state) ?? 0) + 1);
          points += 1;
          slowestMs = Math.max(slowestMs, outcome.recoveredMs);
        }
      }
      console.log(
        `A task ${story.name}: ${points} of ${uses} points, seed ${seed}, at most ${slowestMs} ms to the record.`,
      );
      for (const [state, count] of states) console.log(`  ${count} × ${state}`);
      expect(faults).toEqual([]);
      expect(points).toBeGreaterThan(0);
    },
    patienceMs,
  );
});
