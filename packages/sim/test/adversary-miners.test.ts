import { devnetParams, names } from '@assay/node/devnet/genesis';
import type { GenerateEvent, GenerateRequest } from '@assay/roles/ports/inference';
import { describe, expect, it } from 'vitest';
import type { Adversary } from '../src/adversaries/adversary.ts';
import { attackBy } from '../src/adversaries/in-world.ts';
import { challengeOnlyHonest } from '../src/adversaries/miner/challenge-only-honest.ts';
import { copier } from '../src/adversaries/miner/copier.ts';
import { earlyStopper } from '../src/adversaries/miner/early-stopper.ts';
import { layerCut } from '../src/adversaries/miner/layer-cut.ts';
import { otherSystemPrompt } from '../src/adversaries/miner/other-system-prompt.ts';
import { padder } from '../src/adversaries/miner/padder.ts';
import { preFiller } from '../src/adversaries/miner/pre-filler.ts';
import { replayer } from '../src/adversaries/miner/replayer.ts';
import { requantised } from '../src/adversaries/miner/requantised.ts';
import { selfDealer } from '../src/adversaries/miner/self-dealer.ts';
import { smallerModel } from '../src/adversaries/miner/smaller-model.ts';
import { sybilPair } from '../src/adversaries/miner/sybil-pair.ts';
import { truncatedContext } from '../src/adversaries/miner/truncated-context.ts';
import { fundsUnits } from '../src/adversaries/own-client.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { type StartOptions, startWorld } from './start.fixture.ts';

/** Ends every answer by itself after three tokens. */
class ShortModel extends SimulatedModel {
  override async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    for await (const event of super.generate({ ...request, maxTokens: 3 }, signal)) {
      yield event.type === 'end' ? { ...event, finish: 'stop' } : event;
    }
  }
}

/** A world that some of its miners attack; no epoch ends, so that nobody is out before the end of a test. */
function attacked(adversary: Adversary, members: readonly number[], change: Partial<StartOptions> = {}) {
  const options = { miners: members.length, params: { epochBlocks: 4096 }, ...change };
  return startWorld({ ...options, attack: attackBy(adversary, ...members) });
}

/** Asks one task after the other, each with a prompt of its own; gives them when all are decided. */
async function asked(net: World, count: number, apiKey = net.apiKey) {
  const ids: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const messages = [{ role: 'user' as const, content: `What of ${seed}?` }];
    ids.push((await net.ask({ seed, messages, maxTokens: 24 }, apiKey)).taskId);
    await net.until(() => ids.every((id) => net.isDecided(id)));
  }
  return ids.map((id) => net.task(id));
}

const escrowUnits = (net: World) => net.chain.head().sessions.at(net.session).escrowUnits;

describe('a miner that serves something else than it claims', () => {
  it.each([requantised, layerCut, smallerModel, preFiller, truncatedContext, otherSystemPrompt, earlyStopper])(
    '$name: every answer is rejected and refunded',
    async (adversary) => {
      const net = await attacked(adversary, [0]);
      const before = escrowUnits(net);
      const tasks = await asked(net, 3);
      expect(tasks.map((task) => task?.row.status)).toEqual(Array(3).fill('rejected'));
      expect(tasks.every((task) => ['soft', 'hard'].includes(task?.audit?.verdict ?? ''))).toBe(true);
      expect(escrowUnits(net)).toBe(before);
      expect(net.chain.head().miners.at(0).rejected).toBe(3);
      expect(net.chain.head().miners.standing(0).trustPpb).toBe(0);
    },
  );

  it('replayer: the answer that it made is paid, and no other prompt’s', async () => {
    const net = await attacked(replayer, [0]);
    const tasks = await asked(net, 3);
    expect(tasks.map((task) => task?.row.status)).toEqual(['approved', 'rejected', 'rejected']);
  });

  it('padder: what follows an end is rejected', async () => {
    const net = await attacked(padder, [0], { modelOf: () => new ShortModel('registered') });
    const tasks = await asked(net, 2);
    expect(tasks.map((task) => task?.row.tokensOut)).toEqual([24, 24]);
    expect(tasks.map((task) => task?.row.status)).toEqual(['rejected', 'rejected']);
  });

  it('challenge-only-honest: users’ tasks come one after the other, and are rejected', async () => {
    const net = await attacked(challengeOnlyHonest, [0]);
    const tasks = await asked(net, 3);
    expect(tasks.map((task) => task?.row.status)).toEqual(['approved', 'rejected', 'rejected']);
  });

  it('sybil-pair: what neither of them had is rejected, whichever got it', async () => {
    const net = await attacked(sybilPair, [0, 1]);
    const tasks = await asked(net, 4);
    expect(new Set(tasks.map((task) => task?.row.miner))).toEqual(new Set([0, 1]));
    expect(tasks.map((task) => task?.row.status)).toEqual(Array(4).fill('rejected'));
  });

  it('is out when the epoch ends, whatever it served', async () => {
    const net = await attacked(smallerModel, [0], { miners: 2, params: { epochBlocks: 64 } });
    const dedicated = await net.openSession(names.payer, { dedicatedMiners: [0] });
    await asked(net, 3, dedicated);
    await net.until(() => net.chain.head().miners.at(0).status !== 'active');
    expect([...net.chain.head().miners].map(({ status }) => status)).toEqual(['held', 'active']);
  });
});

/** What a miner's operator and owner have, base units. */
function wealthOf(net: World, miner: number): bigint {
  const head = net.chain.head();
  const own = [names.miner(miner), names.owner(miner)].map((name) => net.keys.account(name).address);
  return own.reduce((sum, address) => sum + head.balanceOf(address), 0n);
}

/** Past its first periods a network mints for capacity no more. */
const settled = { epochBlocks: 32, wash: { ...devnetParams.wash, bootstrapPeriods: 0 } };

describe('a miner that does its work, and wants more for it than it is worth', () => {
  it('copier: passes every audit, and pays more than it gets', async () => {
    const net = await attacked(copier, [0], { miners: 2, params: settled });
    const dedicated = await net.openSession(names.payer, { dedicatedMiners: [0] });
    const before = wealthOf(net, 0);
    const tasks = await asked(net, 3, dedicated);
    expect(tasks.map((task) => [task?.row.status, task?.row.miner])).toEqual(Array(3).fill(['approved', 0]));
    await net.blocks(64);
    const paid = tasks.reduce((sum, task) => sum + (task?.row.priceUnits ?? 0n), 0n);
    const gain = wealthOf(net, 0) + fundsUnits - before;
    expect(gain).toBeGreaterThan(paid / 2n);
    expect(gain).toBeLessThan(paid);
  });

  it('self-dealer: gains no trust, and less than it spends', async () => {
    const net = await attacked(selfDealer, [0], { miners: 2, params: settled });
    const before = wealthOf(net, 0);
    await net.until(() => net.chain.head().tasks.length >= 8);
    await net.end();
    const head = net.chain.head();
    const spent = [...head.tasks].filter(({ status }) => status === 'settled');
    expect(spent.length).toBeGreaterThan(2);
    expect(spent.every(({ miner }) => miner === 0)).toBe(true);
    const price = spent.reduce((sum, { priceUnits }) => sum + priceUnits, 0n);
    const gain = wealthOf(net, 0) + fundsUnits - before;
    expect(gain).toBeGreaterThan(price / 2n);
    expect(gain).toBeLessThan(price);
    expect(head.miners.standing(0)).toMatchObject({ trustPpb: 0, passedMicro: 0 });
  });
});
