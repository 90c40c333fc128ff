import { useNativeHasher } from '@assay/node/crypto/hasher';
import { SimulatedNetwork } from '../../packages/node/test/simulated/network.ts';

/** Prompts that are under way at once. */
const clients = 8;
const networkParams = { blockTimeMs: 50, epochBlocks: 16 };

/** Asks one prompt after the other and says each whose answer came to its end. */
async function askOn(network: SimulatedNetwork, client: number): Promise<never> {
  for (let i = 0; ; i++) {
    try {
      const { taskId } = await network.ask({ seed: client * 1000 + i, maxTokens: 12 });
      process.stdout.write(`ack ${taskId}\n`);
    } catch (error) {
      const { code } = error as { code?: string };
      process.stdout.write(`refused ${code ?? String(error)}\n`);
      await network.blocks(1);
    }
  }
}

if (import.meta.main) {
  useNativeHasher();
  const dir = process.argv[2] ?? '';
  const network = await SimulatedNetwork.start({ miners: 4, dir, params: networkParams });
  process.stdout.write('ready\n');
  for (let client = 0; client < clients; client++) void askOn(network, client);
}
