import { auditDuties, type LedgerEvent } from '@assay/ledger';
import { AuditNumbers, AuditSecret, type Commitment, type Opening, toHex } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { devnetParams, names } from '../src/devnet/genesis.ts';
import { newDirectory } from '../src/store/directory.fixture.ts';
import type { SimulatedNetwork, SimulatedOptions } from './simulated/network.ts';
import { startNetwork } from './simulated/start.ts';

/** Miners are trusted after two answers, and nearly all of what they answer then is audited all the same. */
const audit = { ...devnetParams.audit, newMinerTasks: 1, floorPpb: 950_000_000 };
const planting = { miners: 2, plantsOneIn: 1, params: { epochBlocks: 16, audit } } as const satisfies SimulatedOptions;

type Opened = Extract<LedgerEvent, { readonly type: 'plantOpened' }>;

/** The plants that are opened, as they are. */
function openedIn(net: SimulatedNetwork): Opened[] {
  const opened: Opened[] = [];
  net.chain.onBlock(({ result }) => {
    opened.push(...result.events.filter((event) => event.type === 'plantOpened'));
  });
  return opened;
}

/** Asks until so many plants are opened and their audits are over; gives the tasks. */
async function askUntil(net: SimulatedNetwork, opened: readonly Opened[], count: number): Promise<string[]> {
  const asked: string[] = [];
  while (opened.length < count) {
    asked.push((await net.ask({ seed: asked.length, maxTokens: 40 })).taskId);
    await net.until(() => net.isDecided(asked.at(-1) ?? ''));
    expect(asked.length).toBeLessThan(200);
  }
  await net.until(() => net.chain.head().openAudits.size === 0);
  return asked;
}

/** Validator 0, which checks nothing: every answer is fine, it says. */
function passBlindly(net: SimulatedNetwork): void {
  const head = () => net.chain.head();
  const name = names.validator(0);
  const secretOf = (taskId: Uint8Array) => {
    const { tokensOut } = head().tasks.at(head().taskOf(taskId) ?? -1);
    const positions = Math.min(tokensOut, head().params.audit.positions);
    const numbers = { ...AuditNumbers.defaultValue(), finding: findings.checked, positions };
    return { numbers, nonce: new Uint8Array(32), account: head().validators.at(0).account };
  };
  let isSending = false;
  net.chain.onBlock(() => {
    if (isSending) return;
    isSending = true;
    const duties = auditDuties(head(), 0);
    const owed = (step: string) => duties.filter((duty) => duty.step === step).map(({ taskId }) => taskId);
    const commitments: Commitment[] = owed('commit').map((taskId) => ({
      taskId,
      commitment: AuditSecret.hashTreeRoot(secretOf(taskId)),
    }));
    const openings: Opening[] = owed('reveal').map((taskId) => ({ taskId, ...secretOf(taskId) }));
    Promise.all([
      commitments.length > 0 ? net.send(name, 'auditCommit', { items: commitments }) : null,
      openings.length > 0 ? net.send(name, 'auditReveal', { items: openings }) : null,
    ]).finally(() => {
      isSending = false;
    });
  });
}

describe('planted answers §14.13', () => {
  it('are found by honest auditors, paid, and leave no failure', async () => {
    const net = await startNetwork(planting);
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
  }, 120_000);

  it('cost a validator that passes without looking a strike and a case, and others nothing', async () => {
    const net = await startNetwork(planting);
    const head = () => net.chain.head();
    const opened = openedIn(net);
    await net.built.roles.set(names.validator(0), false);
    passBlindly(net);
    const accused = () => [...head().cases].map(({ cause, role }) => ({ cause, role }));
    for (let round = 1; accused().length === 0; round++) await askUntil(net, opened, round);
    expect(accused().every(({ role }) => role === 0)).toBe(true);
    expect([...head().validators].map(({ strikes }) => strikes > 0)).toEqual(
      [...head().validators].map((_, validator) => validator === 0),
    );
    expect([...head().miners].map(({ rejected }) => rejected)).toEqual([0, 0]);
  }, 240_000);

  it('are opened after a restart, too', async () => {
    const dir = await newDirectory();
    const net = await startNetwork({ ...planting, dir });
    const planted = () => net.planted(0) + net.planted(1);
    for (let seed = 0; planted() === 0; seed++) await net.ask({ maxTokens: 40, seed });
    await net.halt();
    const again = await startNetwork({ ...planting, plantsOneIn: 0, dir });
    const head = () => again.chain.head();
    const opened = openedIn(again);
    await again.until(() => opened.length > 0 && head().openAudits.size === 0);
    expect([...head().miners].map(({ rejected }) => rejected)).toEqual([0, 0]);
  }, 120_000);

  it('are given to nobody who hears the numbers', async () => {
    const net = await startNetwork(planting);
    const planted = () => net.planted(0) + net.planted(1);
    for (let seed = 0; planted() === 0; seed++) await net.ask({ maxTokens: 40, seed });
    const before = planted();
    for (let seed = 0; seed < 5; seed++) await net.ask({ maxTokens: 40, seed, topLogprobs: 0 });
    expect(planted()).toBe(before);
    for (let seed = 0; planted() === before; seed++) await net.ask({ maxTokens: 40, seed, topLogprobs: null });
  }, 60_000);
});
