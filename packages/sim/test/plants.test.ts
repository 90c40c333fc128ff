import { devnetParams, names } from '@assay/node/devnet/genesis';
import type { LedgerEvent } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { attackBy } from '../src/adversaries/in-world.ts';
import { lazyValidator } from '../src/adversaries/validator/lazy.ts';
import type { World } from '../src/world.ts';
import { type StartOptions, startWorld } from './start.fixture.ts';

/** Miners are trusted after two answers, and nearly all of what they answer then is audited all the same. */
const audit = { ...devnetParams.audit, newMinerTasks: 1, floorPpb: 950_000_000 };
const planting = { miners: 2, plantsOneIn: 1, params: { epochBlocks: 16, audit } } as const satisfies StartOptions;

type Opened = Extract<LedgerEvent, { readonly type: 'plantOpened' }>;

/** The plants that are opened, as they are. */
function openedIn(net: World): Opened[] {
  const opened: Opened[] = [];
  net.chain.onBlock(({ result }) => {
    opened.push(...result.events.filter((event) => event.type === 'plantOpened'));
  });
  return opened;
}

/** Asks until so many plants are opened and their audits are over; gives the tasks. */
async function askUntil(net: World, opened: readonly Opened[], count: number): Promise<string[]> {
  const asked: string[] = [];
  while (opened.length < count) {
    asked.push((await net.ask({ seed: asked.length, maxTokens: 40 })).taskId);
    await net.until(() => net.isDecided(asked.at(-1) ?? ''));
    expect(asked.length).toBeLessThan(200);
  }
  await net.until(() => net.chain.head().openAudits.size === 0);
  return asked;
}

/** How many answers the miners have planted and not opened yet. */
const plantedIn = (net: World) =>
  [0, 1].flatMap((miner) => [...net.store.roleStore(names.miner(miner)).entries('plant/')]).length;

describe('planted answers §14.13', () => {
  it('are found by honest auditors, paid, and leave no failure', async () => {
    const net = await startWorld(planting);
    const head = () => net.chain.head();
    const opened = openedIn(net);
    const asked = await askUntil(net, opened, 3);
    const rows = asked.map((id) => net.task(id));
    expect(rows.filter((task) => task?.row.status === 'rejected')).toEqual([]);
    const planted = opened.map(({ taskId }) => net.task(`0x${toHex(taskId)}`)?.audit);
    for (const each of planted) {
      expect(each).toMatchObject({ isPlanted: true, verdict: 'pass' });
      const measured = each?.auditors.filter(({ state }) => state === 'revealed') ?? [];
      expect(measured.every(({ numbers }) => numbers.t1Ppb > 40_000_000 && numbers.choiceMismatches === 0)).toBe(true);
    }
    expect([...head().miners].map(({ rejected, cusumMilli }) => [rejected, cusumMilli])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([...head().cases]).toEqual([]);
    const { height } = head().globals;
    expect((await net.replay()).height).toBeGreaterThanOrEqual(height);
  });

  it('cost a validator that passes without looking a strike and a case, and others nothing', async () => {
    const net = await startWorld({ ...planting, attack: attackBy(lazyValidator, 0) });
    const head = () => net.chain.head();
    const opened = openedIn(net);
    const accused = () => [...head().cases].map(({ cause, role }) => ({ cause, role }));
    for (let round = 1; accused().length === 0; round++) await askUntil(net, opened, round);
    expect(accused().every(({ role }) => role === 0)).toBe(true);
    expect([...head().validators].map(({ strikes }) => strikes > 0)).toEqual(
      [...head().validators].map((_, validator) => validator === 0),
    );
    expect([...head().miners].map(({ rejected }) => rejected)).toEqual([0, 0]);
  });

  it('are opened after a restart, too', async () => {
    const net = await startWorld(planting);
    for (let seed = 0; plantedIn(net) === 0; seed++) await net.ask({ maxTokens: 40, seed });
    await net.end();
    const again = await startWorld({ ...planting, plantsOneIn: 0, after: net });
    const head = () => again.chain.head();
    const opened = openedIn(again);
    await again.until(() => opened.length > 0 && head().openAudits.size === 0);
    expect([...head().miners].map(({ rejected }) => rejected)).toEqual([0, 0]);
  });

  it('are given to nobody who hears the numbers', async () => {
    const net = await startWorld(planting);
    const planted = () => plantedIn(net);
    for (let seed = 0; planted() === 0; seed++) await net.ask({ maxTokens: 40, seed });
    const before = planted();
    for (let seed = 0; seed < 5; seed++) await net.ask({ maxTokens: 40, seed, topLogprobs: 0 });
    expect(planted()).toBe(before);
    for (let seed = 0; planted() === before; seed++) await net.ask({ maxTokens: 40, seed, topLogprobs: null });
  });
});
