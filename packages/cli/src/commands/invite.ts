import { join } from 'node:path';
import type { Peer } from '@assay/node/host/config';
import { dataFiles } from '@assay/node/host/data-files';
import type { TrustedBlock } from '@assay/node/host/invitation';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { keysOf } from '../data-keys.ts';
import { CliError } from '../failures.ts';

export const inviteCommand = defineCommand({
  name: 'invite',
  summary: 'Print the line by which others join the network of a data directory.',
  arguments: [],
  options: [
    { syntax: '--trusted', description: 'name a block that newcomers begin with, so that they need not read all' },
  ],
  input: z.object({ trusted: z.boolean().default(false) }),
  output: z.object({
    invitation: z.string(),
    chainId: z.string(),
    genesisHash: z.string(),
    peers: z.array(z.string()),
  }),
  run: async ({ dataDir, environment, input }) => {
    const { genesisHash } = await import('@assay/ledger');
    const { nodeKey, readNodeConfig } = await import('@assay/node/host/config');
    const { readGenesisFile } = await import('@assay/node/host/genesis-file');
    const { invitationText } = await import('@assay/node/host/invitation');
    const config = await readNodeConfig(dataDir);
    const genesis = await readGenesisFile(join(dataDir, dataFiles.genesis));
    if (genesis === null) throw new CliError('notFound', `${dataDir} has no ${dataFiles.genesis}.`);
    const keys = await keysOf(dataDir, environment);
    const addresses = config.announce.length > 0 ? config.announce : config.listen;
    const peer = toHex(keys.account(nodeKey).publicKey);
    const own: Peer[] = addresses.length === 0 ? [] : [{ peer, addresses }];
    const peers = [...own, ...config.peers];
    if (peers.length === 0) {
      throw new CliError('notFound', `Nobody can reach this node: give it a "listen" address in ${dataFiles.config}.`);
    }
    const hash = genesisHash(genesis);
    const trusted = input.trusted ? await trustedBlock(dataDir, hash) : null;
    const line = invitationText({ chainId: genesis.chainId, genesisHash: hash, peers, trusted });
    return {
      invitation: line,
      chainId: genesis.chainId,
      genesisHash: toHex(hash),
      peers: peers.flatMap((each) => each.addresses),
    };
  },
  print: ({ invitation }) => [invitation],
});

/** The newest block whose state this node gives to others. */
async function trustedBlock(dataDir: string, hash: Uint8Array): Promise<TrustedBlock> {
  const { headerRoot } = await import('@assay/ledger');
  const { cometHeaderHash, headerOf, Seal } = await import('@assay/protocol');
  const { openStore } = await import('@assay/node/store/store');
  const store = await openStore({ dir: join(dataDir, dataFiles.chain), genesisHash: hash, readOnly: true });
  try {
    // The next block has the seal of a block, and comes later.
    const height = store.snapshotHeights().find((each) => store.sealAt(each) !== null) ?? 0;
    const [block, sealBytes] = [store.blockAt(height), store.sealAt(height)];
    if (block !== null && sealBytes !== null) {
      const seal = Seal.deserialize(sealBytes);
      const nextComet = seal.kind === 'cometbft' ? toHex(cometHeaderHash(seal.value.header)) : null;
      return { height, headerRoot: toHex(headerRoot(headerOf(block))), nextComet };
    }
    throw new CliError('notFound', 'This node keeps no state of a block yet: leave out --trusted, or ask again later.');
  } finally {
    await store.close();
  }
}
