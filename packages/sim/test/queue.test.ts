import { names } from '@assay/node/devnet/genesis';
import { AssayError } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { codeOf, startWorld } from './start.fixture.ts';

const queueOf = (net: World) => net.built.queues(0, [0])[0];

/** Miners whose answers wait until they are let go. */
function heldMiners() {
  let free: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  return { modelOf: () => new SimulatedModel('registered', () => held), free };
}

describe('requests beyond what the miners do at once §5.25', () => {
  it('wait and are answered: sixty at a time, and no error', async () => {
    const { modelOf, free } = heldMiners();
    const net = await startWorld({ miners: 3, modelOf });
    const slots = queueOf(net)?.models[0]?.slots ?? 0;
    const answers = Array.from({ length: 60 }, (_, seed) => net.ask({ seed }));
    await net.until(() => queueOf(net)?.waiting === 60 - slots);
    expect(queueOf(net)).toMatchObject({ models: [{ inHand: slots, waiting: 60 - slots }] });
    free();
    expect(new Set((await Promise.all(answers)).map(({ taskId }) => taskId)).size).toBe(60);
    expect(queueOf(net)).toMatchObject({ waiting: 0, oldestMs: null, payers: [] });
  });

  it('give each payer its turn, however many another sent before', async () => {
    const { modelOf, free } = heldMiners();
    const net = await startWorld({ miners: 1, modelOf });
    const other = await net.openSession(names.foundation, {});
    const ended: string[] = [];
    const ask = (who: string, apiKey?: string) => net.ask({}, apiKey).then(() => ended.push(who));
    const many = Array.from({ length: 40 }, () => ask('many'));
    await net.until(() => (queueOf(net)?.waiting ?? 0) > 30);
    const few = Array.from({ length: 3 }, () => ask('few', other));
    await net.until(() => queueOf(net)?.payers.length === 2);
    free();
    await Promise.all([...many, ...few]);
    expect(ended.lastIndexOf('few')).toBeLessThan(12);
  });

  it('are left by clients that go, and cost them nothing', async () => {
    const { modelOf, free } = heldMiners();
    const net = await startWorld({ miners: 1, modelOf });
    const slots = queueOf(net)?.models[0]?.slots ?? 0;
    const first = Array.from({ length: slots }, (_, seed) => net.ask({ seed }));
    await net.until(() => queueOf(net)?.models[0]?.inHand === slots);
    const leaving = new AbortController();
    const gone = net.gateway.ask(net.apiKey, net.request(), leaving.signal);
    await net.until(() => queueOf(net)?.waiting === 1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await net.until(() => queueOf(net)?.waiting === 0);
    free();
    await Promise.all(first);
    expect(queueOf(net)?.models[0]?.inHand).toBe(0);
  });

  it('are refused when they waited too long, or too many wait, with the time to ask again', async () => {
    const { modelOf, free } = heldMiners();
    const net = await startWorld({ miners: 1, modelOf, params: { queue: { maxWaiting: 4, maxWaitMs: 3000 } } });
    const other = await net.openSession(names.foundation, {});
    const slots = queueOf(net)?.models[0]?.slots ?? 0;
    const asked = Array.from({ length: slots }, (_, seed) => net.ask({ seed }));
    await net.until(() => queueOf(net)?.models[0]?.inHand === slots);
    const waiting = [net.ask(), net.ask()];
    const errors = waiting.map((each) => each.catch((error: unknown) => error));
    await net.until(() => queueOf(net)?.waiting === 2);
    await expect(net.ask()).rejects.toThrow('2 requests of its payer wait');
    const others = [codeOf(net.ask({}, other)), codeOf(net.ask({}, other))];
    await net.until(() => queueOf(net)?.waiting === 4);
    const late = await errors[0];
    expect(late).toBeInstanceOf(AssayError);
    expect(late).toMatchObject({ code: 'TOO_MANY_REQUESTS', detail: 'It waited 3 s for a miner of its model.' });
    expect((late as AssayError).retryAfterMs).toBeGreaterThan(0);
    expect(await Promise.all(others)).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS']);
    free();
    await Promise.all(asked);
  });

  it('wait for no task of a session that names other miners, which take their time', async () => {
    const { modelOf, free } = heldMiners();
    const one = (miner: number) => (miner === 0 ? modelOf() : new SimulatedModel('registered'));
    const net = await startWorld({ miners: 2, modelOf: one });
    const slots = queueOf(net)?.models[0]?.slots ?? 0;
    const dedicated = await net.openSession(names.foundation, { dedicatedMiners: [0] });
    const held = Array.from({ length: slots }, () => net.ask({}, dedicated));
    await net.until(() => queueOf(net)?.waiting === slots / 2);
    const named = await net.openSession(names.payer, { dedicatedMiners: [1] });
    await net.ask({}, named);
    await net.ask();
    free();
    await Promise.all(held);
    expect(queueOf(net)).toMatchObject({ waiting: 0, models: [{ inHand: 0 }] });
  });

  it('of the network itself wait for users (§5.13)', async () => {
    const { modelOf, free } = heldMiners();
    const net = await startWorld({ miners: 2, modelOf, params: { background: { maxTokensPerEpoch: 100_000 } } });
    const own = await net.openSession(names.foundation, { isBackground: true, depositUnits: 0n });
    const user = net.ask();
    await net.until(() => queueOf(net)?.models[0]?.inHand === 1);
    const background = net.ask({}, own);
    await net.until(() => queueOf(net)?.waiting === 1);
    free();
    await Promise.all([user, background]);
  });
});
