import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { writeGenesisFile } from '@assay/node/host/genesis-file';
import { openStore } from '@assay/node/store/store';
import { nextDoor } from '@assay/sim/links';
import { SimulatedModel } from '@assay/sim/simulated-model';
import { World } from '@assay/sim/world';
import { heldStore } from '@assay/sim/world-store';

/** Prompts that are under way at once. */
const clients = 8;
const networkParams = { blockTimeMs: 50, batchMs: 20, epochBlocks: 16 };

/** Asks one prompt after the other and says each whose answer came to its end. */
async function askOn(world: World, client: number): Promise<never> {
  for (let i = 0; ; i++) {
    try {
      const { taskId } = await world.ask({ seed: client * 1000 + i, maxTokens: 12 });
      process.stdout.write(`ack ${taskId}\n`);
    } catch (error) {
      const { code } = error as { code?: string };
      process.stdout.write(`refused ${code ?? String(error)}\n`);
      await world.blocks(1);
    }
  }
}

if (import.meta.main) {
  useNativeHasher();
  const dir = process.argv[2] ?? '';
  const world = await World.open({
    seed: randomInt(2 ** 31),
    keySeed: 1,
    miners: 4,
    plantsOneIn: 0,
    params: networkParams,
    ways: nextDoor,
    modelOf: () => new SimulatedModel('registered'),
    storeOf: async (genesis, runtime) => {
      await writeGenesisFile(join(dir, 'genesis.json'), genesis);
      return heldStore(await openStore({ dir: join(dir, 'chain'), genesisHash: genesisHash(genesis) }), runtime);
    },
  });
  await world.start();
  process.stdout.write('ready\n');
  world.live();
  for (let client = 0; client < clients; client++) void askOn(world, client);
}
