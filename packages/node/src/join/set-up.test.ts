import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { ChainStatus } from '@assay/protocol';
import { peerIdOf } from '@assay/roles/ports/network';
import { expect, it, onTestFinished } from 'vitest';
import { testChain } from '../consensus/chain.fixture.ts';
import { chainProtocols } from '../consensus/follow/wire.ts';
import { requireWhole } from '../host/data-directory.ts';
import { serveGenesis } from '../host/genesis-service.ts';
import { openKeystore } from '../keys/keystore.ts';
import { AddressBook } from '../network/libp2p/address-book.ts';
import { Libp2pNetwork } from '../network/libp2p/network.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { setUp } from './set-up.ts';

const passphrase = 'of a test';

/** The set-up of a validator in a directory, by the line of a network of one peer. */
async function joining(dataDir: string) {
  const { genesis } = testChain();
  const runtime = realRuntime(() => {});
  const listenOf = () => ['/ip4/127.0.0.1/tcp/0'];
  const network = new Libp2pNetwork({ runtime, book: new AddressBook(), topics: [], listenOf });
  const signer = peerSigner('node');
  const endpoint = await network.join(signer);
  onTestFinished(() => endpoint.leave());
  serveGenesis(endpoint, genesis, runtime);
  endpoint.handle(chainProtocols.status, async (stream) => {
    await stream.messages.next();
    const status = { base: 0, height: 0, headerRoot: genesisHash(genesis), isCurrent: true };
    await stream.send(ChainStatus.serialize(status));
    stream.close();
  });
  const peers = [{ peer: peerIdOf(signer), addresses: endpoint.addresses }];
  return setUp({
    dataDir,
    invitation: { chainId: genesis.chainId, genesisHash: genesisHash(genesis), peers, trusted: null },
    role: 'validator',
    wish: {
      domain: 0,
      model: null,
      upstream: { url: 'http://127.0.0.1:9/v1', model: null },
      threads: null,
      home: dataDir,
    },
    owner: null,
    listen: [],
    announce: [],
    apiPort: 0,
    concurrency: 1,
    comet: null,
    passphrase,
    onStep: () => {},
  });
}

/** A directory with the keys of a validator and nothing else, as from a copy. */
async function keysAlone(): Promise<string> {
  const dir = await newDirectory();
  const wanted = ['node', 'validator', 'consensus'].map((name) => ({ name, bls: false }));
  await openKeystore(join(dir, 'keys.json'), passphrase, wanted);
  return dir;
}

it('keys of a validator that were there before need what they signed, or the word: nothing (§18.5)', async () => {
  const dir = await keysAlone();
  await expect(joining(dir)).rejects.toMatchObject({
    code: 'DATA_INCOMPLETE',
    message: expect.stringContaining('empty'),
  });
  expect(() => requireWhole(dir, { newChain: false })).not.toThrow();
  await mkdir(join(dir, 'cometbft'));
  await writeFile(join(dir, 'cometbft/last-signed.json'), '');
  await joining(dir);
});
