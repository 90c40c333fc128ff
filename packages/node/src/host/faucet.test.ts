import { peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestEngine, signerOf, startBalanceUnits, testChain } from '../consensus/chain.fixture.ts';
import { TransactionSender } from '../consensus/sender.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { askFaucet, Faucet, faucetLimits } from './faucet.ts';

const chain = testChain();
const [payer, rich] = [signerOf('account 0'), signerOf('account 1')];
const runtime = realRuntime(() => {});
const amountUnits = 5_000_000n;
const stranger = (i: number) => signerOf(`stranger ${i}`).address;

/** A node with a faucet, and what asks it as one peer or another. */
async function running({ dir = '', pay }: { dir?: string; pay?: () => Promise<never> } = {}) {
  const { engine, store, close } = await openTestEngine(chain, dir === '' ? await newDirectory() : dir);
  engine.start();
  const network = new MemoryNetwork(runtime);
  const server = peerSigner('server');
  const sender = new TransactionSender({ chain: engine.chain, signer: payer, runtime });
  const endpoint = await network.join(server);
  const options = { endpoint, chain: engine.chain, store: store.roleStore('faucet'), runtime, amountUnits };
  const transfer = (to: Uint8Array, units: bigint) => sender.send('transfer', { to, amountUnits: units });
  new Faucet({ ...options, account: payer.address, pay: pay ?? transfer });
  const as = async (name: string) => {
    const own = await network.join(peerSigner(name));
    return async (to: Uint8Array) => (await askFaucet({ endpoint: own, runtime }, peerIdOf(server), to))?.result;
  };
  return { as, close, head: () => engine.chain.head() };
}

describe('a faucet §20.3', () => {
  it('pays an address once, and nobody who has enough', async () => {
    const { as, head, close } = await running();
    onTestFinished(close);
    const ask = await as('one');
    expect(await ask(stranger(0))).toBe('paid');
    expect(head().balanceOf(stranger(0))).toBe(amountUnits);
    expect(await ask(stranger(0))).toBe('enough');
    expect(await ask(rich.address)).toBe('enough');
    expect(head().balanceOf(rich.address)).toBe(startBalanceUnits);
  });

  it('remembers over a restart whom it paid, even where the payment was lost', async () => {
    const dir = await newDirectory();
    const lost = await running({ dir, pay: () => Promise.reject(new Error('the process ends')) });
    expect(await (await lost.as('one'))(stranger(1))).toBe('failed');
    await lost.close();
    const again = await running({ dir });
    onTestFinished(again.close);
    expect(await (await again.as('one'))(stranger(1))).toBe('paidBefore');
    expect(again.head().balanceOf(stranger(1))).toBe(0n);
  });

  it('stops at what an hour has for one peer, whatever addresses it names, and serves the next peer', async () => {
    const { as, close } = await running();
    onTestFinished(close);
    const [greedy, other] = [await as('greedy'), await as('other')];
    for (let i = 0; i < faucetLimits.perPeer; i++) expect(await greedy(stranger(i))).toBe('paid');
    expect(await greedy(stranger(99))).toBe('tooMany');
    expect(await other(stranger(99))).toBe('paid');
  });

  it('stops at what an hour has for all', async () => {
    const { as, head, close } = await running();
    onTestFinished(close);
    const peers = Math.ceil(faucetLimits.inAll / faucetLimits.perPeer) + 1;
    const results: (string | undefined)[] = [];
    for (let peer = 0; peer < peers; peer++) {
      const ask = await as(`sybil ${peer}`);
      const asked = Array.from({ length: faucetLimits.perPeer }, (_, i) => ask(stranger(100 * peer + i)));
      results.push(...(await Promise.all(asked)));
    }
    expect(results.filter((result) => result === 'paid')).toHaveLength(faucetLimits.inAll);
    expect(results.filter((result) => result === 'tooMany')).toHaveLength(faucetLimits.perPeer);
    expect(head().balanceOf(stranger(0))).toBe(amountUnits);
  });

  it('is told apart from a node that has none', async () => {
    const network = new MemoryNetwork(runtime);
    await network.join(peerSigner('server'));
    const endpoint = await network.join(peerSigner('one'));
    expect(await askFaucet({ endpoint, runtime }, peerIdOf(peerSigner('server')), stranger(0))).toBeNull();
  });
});
