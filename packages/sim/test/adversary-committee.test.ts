import { measuredValues } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { describe, expect, it } from 'vitest';
import type { Adversary } from '../src/adversaries/adversary.ts';
import { doubleChargingGateway } from '../src/adversaries/gateway/double-charging.ts';
import { neverPayingClient } from '../src/adversaries/gateway/never-paying.ts';
import { attackBy } from '../src/adversaries/in-world.ts';
import { censoringMixer } from '../src/adversaries/mixer/censoring.ts';
import { equivocatingMixer } from '../src/adversaries/mixer/equivocating.ts';
import { lyingMixerDown } from '../src/adversaries/mixer/lying-down.ts';
import { lyingMixerUp } from '../src/adversaries/mixer/lying-up.ts';
import { censoringOracle } from '../src/adversaries/oracle/censoring.ts';
import { bribedValidator } from '../src/adversaries/validator/bribed.ts';
import { copyingValidator } from '../src/adversaries/validator/copying.ts';
import type { World } from '../src/world.ts';
import { codeOf, type StartOptions, startWorld } from './start.fixture.ts';

/** A world in which the first member of a role attacks. */
function attacked(adversary: Adversary, options: StartOptions) {
  return startWorld({ ...options, attack: attackBy(adversary, 0) });
}

/** Asks one task after the other, each with a prompt of its own; gives them when all are decided. */
async function asked(net: World, count: number, maxTokens = 24) {
  const ids: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const messages = [{ role: 'user' as const, content: `What of ${seed}?` }];
    ids.push((await net.ask({ seed, messages, maxTokens })).taskId);
    await net.until(() => ids.every((id) => net.isDecided(id)));
  }
  return ids.map((id) => net.task(id));
}

const escrowUnits = (net: World) => net.chain.head().sessions.at(net.session).escrowUnits;
const long = { epochBlocks: 4096 };

describe('a validator that does not check', () => {
  it('copying-validator: nothing that it copied opens, each audit is a strike, and no task waits for it', async () => {
    const net = await attacked(copyingValidator, { miners: 2, params: long });
    const tasks = await asked(net, 6);
    expect(tasks.map((task) => task?.row.status)).toEqual(Array(6).fill('approved'));
    const slots = tasks.flatMap((task) => task?.audit?.auditors ?? []).filter(({ validator }) => validator === 0);
    expect(slots.length).toBeGreaterThan(0);
    expect(slots.every(({ state }) => state === 'missed')).toBe(true);
    expect([...net.chain.head().validators].map(({ strikes }) => strikes)).toEqual([slots.length, 0, 0]);
  });

  it('bribed-validator: its pass acquits nobody, where two others look', async () => {
    const net = await attacked(bribedValidator, { miners: 1, params: long });
    const before = escrowUnits(net);
    const [honest, ...tasks] = await asked(net, 4);
    expect(honest?.row.status).toBe('approved');
    expect(tasks.map((task) => [task?.row.status, task?.audit?.verdict])).toEqual(Array(3).fill(['rejected', 'hung']));
    expect(before - escrowUnits(net)).toBe(honest?.row.priceUnits);
  });
});

/** What each mixer reported of the first miner’s latency in so many epochs, and what counts in the end. */
async function latenciesIn(adversary: Adversary, epochs: number) {
  const net = await attacked(adversary, { miners: 1, params: { epochBlocks: 16 } });
  const reported = { liar: [] as number[], others: [] as number[] };
  net.chain.onBlock(({ result }) => {
    for (const event of result.events) {
      if (event.type === 'minerMeasured') reported[event.mixer === 0 ? 'liar' : 'others'].push(event.latencyMs);
    }
  });
  await net.until(() => net.chain.head().globals.epoch === epochs);
  return { ...reported, value: measuredValues(net.chain.head().measures.of(0)).latencyMs };
}

describe('a mixer that lies', () => {
  it('lying-mixer-up and lying-mixer-down: say what they like of a miner, and move no value', async () => {
    // Of two values the lower counts: the median of seven epochs is what a flatterer does not move.
    const up = await latenciesIn(lyingMixerUp, 8);
    expect(new Set(up.liar)).toEqual(new Set([1]));
    expect(up.others).not.toContain(1);
    expect(up.others).toContain(up.value);
    const down = await latenciesIn(lyingMixerDown, 4);
    expect(Math.min(...down.liar)).toBeGreaterThan(1000);
    expect(Math.max(...down.others)).toBeLessThan(10);
    expect(down.others).toContain(down.value);
  });

  it('equivocating-mixer: has a case against it, once a validator can pay for what it brings', async () => {
    const net = await attacked(equivocatingMixer, { miners: 1, params: long });
    const mixer = () => net.chain.head().mixers.at(0);
    const { stakeUnits } = mixer();
    const to = net.keys.account(names.validator(0)).address;
    expect(await net.send(names.payer, 'transfer', { to, amountUnits: 1_000_000_000n })).toBe('OK');
    await asked(net, 1);
    await net.until(() => net.chain.head().cases.length > 0);
    const [first] = net.chain.head().cases;
    expect(first).toMatchObject({ cause: 'equivocation', kind: 'mixer', role: 0 });
    expect(mixer().stakeUnits).toBeLessThan(stakeUnits);
  });

  it('censoring-mixer: its users are served by another miner, which others still give tasks', async () => {
    const net = await attacked(censoringMixer, { miners: 2, params: long });
    const tasks = await asked(net, 4);
    expect(tasks.map((task) => [task?.row.status, task?.row.miner])).toEqual(Array(4).fill(['approved', 1]));
    const elsewhere = await net.openSession(names.payer, { homeMixer: 1, dedicatedMiners: [0] });
    const { taskId } = await net.ask({}, elsewhere);
    await net.until(() => net.isDecided(taskId));
    expect(net.task(taskId)?.row).toMatchObject({ status: 'approved', miner: 0 });
  });
});

const deadlines = {
  prepareMs: 300,
  firstTokenMs: 400,
  generationMs: 400,
  generationPerTokenMs: 1,
  stallMs: 400,
  commitMs: 300,
  lostMs: 50,
  oracleSlotMs: 100,
};

describe('who stands beside the work', () => {
  it('censoring-oracle: the next in turn takes the task away, and has the duty', async () => {
    const net = await attacked(censoringOracle, { miners: 2, params: { ...long, deadlines } });
    const oracles: number[] = [];
    net.chain.onBlock(({ result }) => {
      for (const event of result.events) if (event.type === 'taskLate') oracles.push(event.oracle);
    });
    const dedicated = await net.openSession(names.payer, { dedicatedMiners: [0] });
    for (let seed = 0; seed < 4; seed++) await net.ask({ seed }, dedicated).catch(() => {});
    await net.until(() => oracles.length >= 4);
    expect(oracles).not.toContain(0);
    expect(net.chain.head().miners.at(0).strikes).toBe(oracles.length);
  });

  it('double-charging-gateway: one signed request is one task and one price', async () => {
    const net = await attacked(doubleChargingGateway, { miners: 2, params: long });
    const before = escrowUnits(net);
    const tasks = await asked(net, 3);
    await net.blocks(16);
    expect(net.chain.head().tasks.length).toBe(3);
    const paid = tasks.reduce((sum, task) => sum + (task?.row.priceUnits ?? 0n), 0n);
    expect(before - escrowUnits(net)).toBe(paid);
  });

  it('never-paying-client: pays for what was made until it left', async () => {
    const net = await attacked(neverPayingClient, { miners: 2, params: long });
    const before = escrowUnits(net);
    for (let seed = 0; seed < 3; seed++) {
      expect(await codeOf(net.ask({ seed, maxTokens: 40 }))).toBe('NO_MIXER');
    }
    const tasks = () => [...net.chain.head().tasks];
    await net.until(() => tasks().length === 3 && tasks().every(({ status }) => status === 'approved'));
    expect(tasks().every(({ tokensOut }) => tokensOut >= 12)).toBe(true);
    expect(before - escrowUnits(net)).toBe(tasks().reduce((sum, { priceUnits }) => sum + priceUnits, 0n));
  });
});
