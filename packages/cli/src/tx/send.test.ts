import { type Client, createClient } from '@assay/client';
import { openTestEngine, startBalanceUnits, testChain } from '@assay/node/consensus/chain.fixture';
import { LocalReader } from '@assay/node/host/node-reader';
import { TotalsView } from '@assay/node/host/totals';
import { EchoGateway } from '@assay/node/http/echo-gateway.fixture';
import { startHttpServer } from '@assay/node/http/server';
import { TwoRoles } from '@assay/node/http/small-chain.fixture';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { addressText } from '@assay/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { send } from './send.ts';

const chain = testChain();
const [alice, bob] = chain.accounts;
if (alice === undefined || bob === undefined) throw new Error('there are accounts');

/** A node that makes blocks and answers over HTTP. */
async function running(): Promise<Client> {
  const { engine, store, close } = await openTestEngine(chain, await newDirectory());
  const parts = { version: '0', genesis: chain.genesis, chain: engine.chain, store, totals: new TotalsView(store) };
  const reader = new LocalReader({ ...parts, isPending: () => false, queues: () => [], engineOf: () => null });
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: new EchoGateway(),
    node: reader,
    roles: new TwoRoles(),
    adminToken: '',
    onRequestError: () => {},
  });
  onTestFinished(async () => {
    await server.stop();
    await close();
  });
  engine.start();
  return createClient({ baseUrl: server.url });
}

const { transactionFeeUnits: feeUnits } = chain.genesis.params;
const pay = (amountUnits: bigint) => ['transfer', { to: bob.address, amountUnits }] as const;
const options = { signer: alice, name: 'alice', feeUnits, dryRun: false };

describe('send', () => {
  it('signs again when another transaction of its account took the nonce', async () => {
    const node = await running();
    const sent = await Promise.all([1n, 2n, 3n].map((amount) => send(node, pay(amount), options)));
    expect(sent.map(({ nonce }) => nonce).toSorted()).toEqual([0, 1, 2]);
    for (const { code, height } of sent) expect([code, height > 0]).toEqual(['OK', true]);
  });

  it('only asks when it is a dry run', async () => {
    const node = await running();
    const before = await node.getAccount(addressText(bob.address));
    const asked = await send(node, pay(5n), { ...options, dryRun: true });
    expect(asked).toMatchObject({ code: 'OK', sentence: 'Applied.' });
    const poor = await send(node, pay(startBalanceUnits), { ...options, dryRun: true });
    expect(poor).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
    expect(await node.getAccount(addressText(bob.address))).toEqual(before);
  });

  it('says what the network refused, with its code', async () => {
    const node = await running();
    const refused = send(node, pay(1n), { ...options, feeUnits: 0n });
    await expect(refused).rejects.toMatchObject({
      code: 'FEE_TOO_LOW',
      message:
        'FEE_TOO_LOW: The fee is below the minimum of this network. ' +
        '`assay params show transactionFeeUnits` shows it.',
    });
  });
});
