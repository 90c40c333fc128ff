import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@assay/client';
import { sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { cometForTests, freePorts } from '../consensus/cometbft/net.fixture.ts';
import { writeNetwork } from '../deploy/write-network.ts';
import { devnetParams } from '../devnet/genesis.ts';
import { writeTinyModel } from '../inference/gguf/tiny.ts';
import { passphraseFrom } from '../keys/keystore.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { type NodeConfig, readNodeConfig, writeNodeConfig } from './config.ts';
import { runNode } from './run-node.ts';

const binary = await cometForTests();

/** The data directory of the one validator of a network, on free ports. */
async function validatorOf(
  dir: string,
  fileHash: Uint8Array,
  backend: NonNullable<z.input<typeof NodeConfig>['backend']>,
): Promise<string> {
  const { nodes } = await writeNetwork({
    dir,
    shape: {
      counts: { validators: 1, mixers: 1, miners: 1, oracles: 1, gateways: 1 },
      engine: 'cometbft',
      hosts: [{ name: 'here', address: '127.0.0.1' }],
      firstPort: 4100,
      hasFaucet: false,
    },
    chainId: 'assay-test',
    model: { name: 'Tiny', fileHash, contextTokens: 512, t1ThresholdPpb: 1 },
    profiles: [],
    backend,
    concurrency: 1,
    params: { ...devnetParams, blockTimeMs: 200 },
    timeMs: 1_700_000_000_000,
    passphrase: passphraseFrom({}),
    isSplit: false,
  });
  const dataDir = join(dir, nodes.find(({ roles }) => roles.includes('validator'))?.dir ?? '');
  const config = await readNodeConfig(dataDir);
  const [peer, comet] = await freePorts(2);
  if (config.engine.kind !== 'cometbft') throw new Error('a validator of this network runs CometBFT');
  await writeNodeConfig(dataDir, {
    ...config,
    engine: { ...config.engine, listen: `tcp://127.0.0.1:${comet}` },
    listen: [`/ip4/127.0.0.1/tcp/${peer}`],
    api: { ...config.api, port: 0 },
  });
  return dataDir;
}

describe.skipIf(binary === null)('a validator', () => {
  it.each([
    ['a file', { kind: 'file', model: null, threads: null }],
    [
      'the file of miners whose server it does not need',
      { kind: 'upstream', url: 'http://127.0.0.1:9/v1', file: 'tiny' },
    ],
  ] as const)(
    'makes blocks while its model is loaded, and checks once it is: %s',
    async (_, backend) => {
      const dir = await newDirectory();
      const path = join(dir, 'tiny.gguf');
      await writeTinyModel(path);
      const fileHash = sha256(readFileSync(path));
      const dataDir = await validatorOf(join(dir, 'network'), fileHash, backend);
      const model = Promise.withResolvers<{ name: string; path: string; fileHash: string }>();
      const starting = runNode({ dataDir, modelOf: () => model.promise, onProgress: () => {} });
      const nodeFile = join(dataDir, 'node.json');
      await expect.poll(() => existsSync(nodeFile)).toBe(true);
      const { api } = JSON.parse(readFileSync(nodeFile, 'utf8')) as { api: string };
      const client = createClient({ baseUrl: api });
      await expect.poll(async () => (await client.getStatus()).height).toBeGreaterThan(3);
      expect((await client.getNode()).roles).toMatchObject([{ kind: 'validator', running: false }]);
      model.resolve({ name: 'Tiny', path, fileHash: Buffer.from(fileHash).toString('hex') });
      const node = await starting;
      try {
        await node.ready;
        expect(node.condition().roles).toMatchObject([{ kind: 'validator', running: true }]);
      } finally {
        await node.stop();
      }
    },
    60_000,
  );
});
