import { devnetPrices, minerFundsUnits, names } from '@assay/node/devnet/genesis';
import { minerRegistration } from '@assay/node/host/registration';
import { type BodyValues, Hardware } from '@assay/protocol';
import { Miner } from '@assay/roles/miner/index';
import { describe, expect, it } from 'vitest';
import { otherFiles, servingOn } from '../src/serving.ts';
import type { World } from '../src/world.ts';
import { codeOf, startWorld } from './start.fixture.ts';

const unit = 1_000_000_000n;
const landlord = 'landlord';
const newcomer = 'newcomer';

/** Its owner takes a fifth of what is paid, and nobody gets anything for stake. */
const terms = (net: World): BodyValues['createDomain']['terms'] => {
  const { name: _, owner: __, ...first } = net.genesis.domains[0] as (typeof net.genesis.domains)[number];
  return { ...first, domainBps: 2000, registrationFeeUnits: 3n * unit };
};

/** A domain of its own, with a model, a miner that runs beside the others, and a session that spends there. */
async function secondDomain(net: World) {
  net.makeKeys([landlord, newcomer].map((name) => ({ name, bls: false })));
  const addressOf = (name: string) => net.keys.account(name).address;
  const head = () => net.chain.head();
  const done: string[] = [];
  const send = async (...sent: Parameters<World['send']>) => {
    done.push(await net.send(...sent));
    expect(done.at(-1)).toBe('OK');
  };
  await send(names.payer, 'transfer', { to: addressOf(landlord), amountUnits: 100_000n * unit });
  await send(names.payer, 'transfer', { to: addressOf(newcomer), amountUnits: minerFundsUnits });
  await send(landlord, 'createDomain', { name: 'translation', terms: terms(net) });
  await send(names.payer, 'registerModel', {
    name: 'translator',
    domain: 1,
    royaltyBps: 500,
    fileHash: otherFiles[0] ?? new Uint8Array(32),
    manifestRoot: new Uint8Array(32),
    contextTokens: 4096,
    ...devnetPrices,
    difficultyPpm: 1_000_000,
    t1ThresholdPpb: 40_000_000,
  });
  await net.until(() => head().models.at(1).status === 'accepted');
  const operator = net.keys.account(newcomer);
  const worker = servingOn(net.runtime, {}).workerOf(2);
  const plan = {
    operator,
    owner: addressOf(newcomer),
    domain: 1,
    models: [1],
    worker,
    concurrency: 2,
    hardware: Hardware.defaultValue(),
  };
  const [kind, body] = minerRegistration(head(), plan);
  await send(newcomer, kind, body);
  const plants = { submit: () => Promise.reject(new Error('nothing is planted')), oneIn: 0 };
  const service = new Miner(net.contextOf(newcomer, operator), { worker, concurrency: 2, plants });
  await service.start();
  const { epoch } = head().globals;
  await net.until(() => head().globals.epoch > epoch);
  return net.openSession(names.payer, { domain: 1, model: 1 });
}

describe('a second domain (B1, B3)', () => {
  it('serves its users by its own miners, and pays by its own terms', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 16 } });
    const head = () => net.chain.head();
    const there = await secondDomain(net);
    const landlordUnits = () => head().balanceOf(net.keys.account(landlord).address);
    const before = landlordUnits();
    const ask = (model: string, apiKey?: string) => net.ask({ model }, apiKey).then(({ taskId }) => taskId);
    const own = await Promise.all([1, 2, 3, 4].map(() => ask('translator', there)));
    const others = await Promise.all([1, 2, 3, 4].map(() => ask('simulated')));
    await net.until(() => [...own, ...others].every((id) => net.task(id)?.row.status === 'settled'));
    const minersOf = (ids: readonly string[]) => ids.map((id) => net.task(id)?.receipt.miner);
    expect(minersOf(own)).toEqual([2, 2, 2, 2]);
    expect(minersOf(others).every((miner) => miner === 0 || miner === 1)).toBe(true);
    expect(await codeOf(ask('simulated', there))).toBe('MODEL_NOT_FOUND');
    // economics §2.1 A fifth of what was paid there is its owner's; each epoch may leave a base unit to others.
    const paid = own.reduce((sum, id) => sum + (net.task(id)?.receipt.priceUnits ?? 0n), 0n);
    const lost = paid / 5n - (landlordUnits() - before);
    expect(paid).toBeGreaterThan(0n);
    expect(lost >= 0n && lost <= BigInt(own.length)).toBe(true);
    const { height } = head().globals;
    expect((await net.replay()).height).toBeGreaterThanOrEqual(height);
  }, 60_000);
});
