import { useNativeHasher } from '@assay/node/crypto/hasher';
import { committee, names } from '@assay/node/devnet/genesis';
import { AssayError } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Apart } from '../src/apart.ts';
import { type Death, kills } from '../src/faults.ts';
import { Users } from '../src/users.ts';
import { World } from '../src/world.ts';

useNativeHasher();

const minuteMs = 60_000;
/** Simulated minutes of each seed; `KILL_MINUTES=10 KILL_SEEDS=1,2,3` is the long run. */
const minutes = Number(process.env.KILL_MINUTES ?? 1);
const seeds = (process.env.KILL_SEEDS ?? '1').split(',').map(Number);
const patienceMs = minutes * 20 * minuteMs;
const miners = 3;
const users = 4;
/** Blocks by which all that was answered is judged, once nobody is killed any more. */
const judgedBlocks = 600;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
// One of those at a time without whom nothing is certified, and one of all others.
const committees = [...range(committee.mixers).map(names.mixer), ...range(committee.validators).map(names.validator)];
const others = [names.gateway, ...range(miners).map(names.miner), ...range(committee.oracles).map(names.oracle)];

describe('all roles, each on a machine of its own, killed at random under load', () => {
  it.each(seeds)(
    'have one chain in the end, and nothing is lost: seed %i',
    async (seed) => {
      const world = await World.open({ seed, miners, plantsOneIn: 0 });
      const apart = await Apart.open(world);
      await world.start((role) => apart.begin(role));
      world.live();
      await world.blocks(4);

      let gone = Promise.withResolvers<string>();
      const isUp = () => apart.isRunning(names.gateway);
      const gateway = () => {
        const built = isUp() ? apart.of(names.gateway).built.gateway : null;
        if (built === null) throw new AssayError('NO_MIXER', 'The gateway is down.');
        return built;
      };
      const asking = new Users({ world, apiKeys: [world.apiKey], count: users, gateway, gone: () => gone.promise });
      const crash = (role: string) => {
        apart.crash(role);
        if (role !== names.gateway) return;
        gone.resolve('The gateway is gone.');
        gone = Promise.withResolvers();
      };
      const restart = (role: string) => apart.begin(role);
      const untilMs = world.runtime.monotonicMs() + minutes * minuteMs;
      const dead = await Promise.all(
        [committees, others].map((roles) => kills(world.runtime, { roles, crash, restart }, untilMs)),
      );
      asking.leave();
      await world.until(() => asking.waiting === 0);
      const answered = [...asking.answeredMs.keys()];
      const { height } = world.chain.head().globals;
      const isOver = () => answered.every((taskId) => world.isDecided(taskId));
      await world.until(() => isOver() || world.chain.head().globals.height > height + judgedBlocks);
      tell(seed, dead.flat(), { asked: asking.asked, answered: answered.length, refused: asking.refused });

      const lost = answered.filter((taskId) => world.task(taskId) === null);
      expect(lost.map((taskId) => [taskId, ...world.trace.about(taskId)].join('; '))).toEqual([]);
      expect(answered.filter((taskId) => !world.isDecided(taskId))).toEqual([]);
      // The ledger checks after each block that no money was made or lost; here, that all have the same one.
      await world.blocks(1);
      const common = world.chain.head().globals.height;
      await world.blocks(4);
      for (const role of [...committees, ...others]) {
        const { engine } = apart.of(role);
        expect(engine.chain.blockAt(common), role).toEqual(world.chain.blockAt(common));
        expect(
          answered.filter((taskId) => apart.of(role).store.task(idBytes(taskId)) === null),
          role,
        ).toEqual([]);
      }
      expect(answered.length).toBeGreaterThan(users * minutes);
      await apart.endAll();
      await world.end();
    },
    patienceMs,
  );
});

const idBytes = (taskId: string) => Uint8Array.from(Buffer.from(taskId.slice(2), 'hex'));

function tell(
  seed: number,
  deaths: readonly Death[],
  { asked, answered, refused }: { asked: number; answered: number; refused: ReadonlyMap<string, number> },
): void {
  const back = deaths.map(({ backMs }) => backMs).sort((a, b) => a - b);
  const at = (part: number) => back[Math.min(back.length - 1, Math.floor(back.length * part))] ?? 0;
  const codes = [...refused].map(([code, count]) => `, ${count} × ${code}`).join('');
  console.log(
    `Seed ${seed}, ${minutes} min: ${deaths.length} kills, back after ${at(0.5)} ms (median) to ${at(1)} ms; ` +
      `${asked} asked, ${answered} answered${codes}.`,
  );
}
