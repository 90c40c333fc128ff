import type { LedgerView } from '@assay/ledger';
import { devnetParams, maxTaskUnits, names } from '@assay/node/devnet/genesis';
import type { Attack } from '@assay/node/host/build-roles';
import type { LedgerEvent } from '@assay/protocol';
import { usualPlantsOneIn } from '@assay/roles/miner/index';
import type { Inclusion } from '@assay/roles/ports/chain';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { attackBy } from '../src/adversaries/in-world.ts';
import { lazyValidator } from '../src/adversaries/validator/lazy.ts';
import type { World } from '../src/world.ts';
import { type StartOptions, startWorld } from './start.fixture.ts';

const planting = { miners: 2, plantsOneIn: 1 } as const satisfies StartOptions;

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

/** All as they should be, but for how an opening is sent. */
const opening =
  (by: (send: () => Promise<Inclusion>) => Promise<Inclusion>): Attack =>
  ({ equipment, make }) => {
    const { sender } = equipment;
    const send: typeof sender.send = (kind, ...rest) => {
      const honest = () => sender.send(kind, ...rest);
      return kind === 'openPlant' ? by(honest) : honest();
    };
    return make({ ...equipment, sender: { send } });
  };

/** What the default network pays a validator for one audit of the dearest task, if it is the only one of its epoch. */
function mostForOneAudit({ mixers, oracles, validators, domains }: LedgerView): bigint {
  const { emissionPerDayUnits, epochBlocks, blockTimeMs, rewards, stacks } = devnetParams;
  const perEpoch = (emissionPerDayUnits * BigInt(epochBlocks * blockTimeMs)) / BigInt(rewards.dayMs);
  const [own, ...others] = [validators, mixers, oracles].map((rows) =>
    [...rows].reduce((sum, row) => sum + row.stakeUnits, 0n),
  );
  const all = others.reduce((sum, units) => sum + units, own ?? 0n);
  const emission = (perEpoch * BigInt(stacks.securityBps) * (own ?? 0n)) / all / 10_000n;
  return emission + (maxTaskUnits * BigInt(domains.at(0).terms.at(-1)?.validatorsBps ?? 0)) / 10_000n;
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

  it('cost a validator that passes without looking a strike and a case, from the first tasks on', async () => {
    const net = await startWorld({
      seed: 2,
      miners: 2,
      plantsOneIn: usualPlantsOneIn,
      attack: attackBy(lazyValidator, 0),
    });
    const head = () => net.chain.head();
    const opened = openedIn(net);
    const asked = await askUntil(net, opened, 1);
    expect(asked.length).toBeLessThan(2 * head().params.audit.newMinerTasks);
    expect([...head().cases]).toMatchObject([{ cause: 'falseVerdict', kind: 'validator', role: 0 }]);
    // The design asks for a hundred times what it is paid to look (§10.28.1).
    const fineUnits = [...head().cases].reduce((sum, each) => sum + each.fineUnits, 0n);
    expect(fineUnits).toBeGreaterThan(100n * mostForOneAudit(head()));
    expect([...head().validators].map(({ strikes }) => strikes)).toEqual([1, 0, 0]);
    expect([...head().miners].map(({ rejected }) => rejected)).toEqual([0, 0]);
    expect(asked.map((id) => net.task(id)?.row.status)).not.toContain('rejected');
  });

  it('are opened by a miner that was killed meanwhile, and whose opening a full block left out', async () => {
    let sent = 0;
    const dies = () => {
      sent++;
      return new Promise<never>(() => {});
    };
    const net = await startWorld({ ...planting, attack: opening(dies) });
    for (let seed = 0; sent === 0; seed++) {
      const { taskId } = await net.ask({ maxTokens: 40, seed });
      await net.until(() => sent > 0 || net.isDecided(taskId));
    }
    await net.end();
    let left = 0;
    const again = await startWorld({
      ...planting,
      plantsOneIn: 0,
      after: net,
      attack: opening(async (send) => (left++ === 0 ? { code: 'EXPIRED', height: 0, events: [] } : send())),
    });
    const head = () => again.chain.head();
    await again.until(() => left > 1 && head().openAudits.size === 0);
    expect([...head().audits].some(({ isPlanted }) => isPlanted)).toBe(true);
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
