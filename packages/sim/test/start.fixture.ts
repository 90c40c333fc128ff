import { genesisHash } from '@assay/ledger';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { devnetParams, names } from '@assay/node/devnet/genesis';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { openStore } from '@assay/node/store/store';
import { ArtifactBundle } from '@assay/protocol';
import type { Endpoint } from '@assay/roles/ports/network';
import { afterEach, onTestFinished } from 'vitest';
import { nextDoor } from '../src/links.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import { World, type WorldOptions } from '../src/world.ts';
import { heldStore } from '../src/world-store.ts';

/** A seed of their own have the tests that need another. */
const usual = {
  seed: 1,
  ways: nextDoor,
  plantsOneIn: 0,
  modelOf: () => new SimulatedModel('registered'),
} as const satisfies Partial<WorldOptions>;

/** Deadlines of a task for machines that are next to each other, milliseconds. */
export const quickDeadlines = {
  prepareMs: 300,
  firstTokenMs: 400,
  generationMs: 400,
  generationPerTokenMs: 1,
  stallMs: 400,
  commitMs: 300,
  lostMs: 50,
  oracleSlotMs: 100,
} as const;
const unchallenged = { ...devnetParams.challenges, lambdaMilli: 0 };

/** The same where a backend may hang or be started again. */
export const patientDeadlines = {
  prepareMs: 1000,
  firstTokenMs: 2000,
  generationMs: 4000,
  generationPerTokenMs: 1,
  stallMs: 2000,
  commitMs: 1000,
  lostMs: 50,
  oracleSlotMs: 100,
} as const;

export type StartOptions = Partial<WorldOptions> & Pick<WorldOptions, 'miners'>;

useNativeHasher();

let world: World | null = null;

afterEach(async () => {
  await world?.end();
  world = null;
});

/**
 * A world of near peers and quick models whose time passes by itself, and which ends after its test. A test that starts
 * another ends the one before. Miners have the tasks that a test gives them, and no challenges unless it asks for some.
 */
export async function startWorld({ params, ...options }: StartOptions): Promise<World> {
  world = await World.open({
    ...usual,
    params: { blockTimeMs: 100, batchMs: 20, challenges: unchallenged, ...params },
    ...options,
  });
  await world.start();
  world.live();
  await world.blocks(3);
  return world;
}

/** A store on the disk, in a directory of its own; it is closed, and the directory gone, when the test is over. */
export async function onDisk() {
  const dir = await newDirectory();
  const storeOf: WorldOptions['storeOf'] = async (genesis, runtime) => {
    const disk = await openStore({ dir, genesisHash: genesisHash(genesis) });
    onTestFinished(() => disk.close());
    return heldStore(disk, runtime);
  };
  return { dir, storeOf };
}

/** The code a promise is rejected with, or `OK`. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: { code: string }) => error.code,
  );

/** What a mixer has joined the network with. */
export function endpointOf(net: World, mixer: number): Endpoint {
  const endpoint = net.network.find(net.mixerPeer(mixer));
  if (endpoint === undefined) throw new Error(`mixer ${mixer} is not there`);
  return endpoint;
}

/** The artifact that its mixer keeps for the auditors of a certified task. */
export function artifactOf(net: World, taskId: string): ArtifactBundle | null {
  const mixer = net.task(taskId)?.row.mixer ?? 0;
  const stored = net.store.roleStore(names.mixer(mixer)).get(`artifact/${taskId.slice(2)}`);
  return stored === undefined ? null : ArtifactBundle.deserialize(stored);
}
