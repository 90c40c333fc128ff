import { names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import {
  BatchOffer,
  drawIdOf,
  edgeCodes,
  GatewayMessage,
  InferencePayload,
  MinerToMixer,
  MixerToMiner,
  messageTypes,
  SignedAnnouncement,
  SignedTransition,
  TaskAnnouncement,
  TransitionVote,
} from '@assay/protocol';
import { protocols, SigningRoots, topics } from '@assay/roles/context';
import { type Endpoint, type MessageStream, peerIdOf } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { equalBytes, fromHex } from '@assay/ssz';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KnownSignatures } from '../src/known-signatures.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { codeOf, endpointOf, type StartOptions, startWorld } from './start.fixture.ts';

const start = ({ params, ...rest }: Partial<StartOptions> = {}) =>
  startWorld({ miners: 2, params: { epochBlocks: 4096, ...params }, ...rest });

const deadlines = {
  prepareMs: 300,
  firstTokenMs: 800,
  generationMs: 3000,
  generationPerTokenMs: 50,
  stallMs: 800,
  commitMs: 300,
  lostMs: 200,
  oracleSlotMs: 200,
};
/** Longest time that a miner waits for a mixer in these tests (§5.23). */
const limitMs = 300 + 2000;
const never = () => new Promise<never>(() => {});

const say = (stream: MessageStream, message: MixerToMiner) => stream.send(MixerToMiner.serialize(message));

/** Asks a miner to take a task, as a mixer or as somebody who says so. */
async function prepare(net: World, from: Endpoint, asked: { miner?: number; mixer: number; id: number }) {
  const row = net.chain.head().miners.at(asked.miner ?? 0);
  const stream = await from.open(peerIdOf(row), protocols.serve);
  const taskId = new Uint8Array(32).fill(asked.id);
  const { mixer } = asked;
  await say(stream, { kind: 'prepare', value: { taskId, model: 0, maxTokensIn: 100, maxTokensOut: 4, mixer } });
  const answer = await receive(stream, MinerToMixer);
  if (answer?.kind !== 'prepared') throw new Error('the miner said nothing');
  return { stream, isTaken: answer.value.accepted };
}

describe('a miner (§5.23)', () => {
  it('works for no stranger: it takes tasks of mixers with a seat alone, by their own key', async () => {
    const net = await start();
    const stranger = await net.network.join(peerSigner('a stranger without key or money'));
    expect((await prepare(net, stranger, { mixer: 0, id: 1 })).isTaken).toBe(false);
    expect((await prepare(net, stranger, { mixer: 99, id: 2 })).isTaken).toBe(false);
    expect((await prepare(net, endpointOf(net, 1), { mixer: 0, id: 3 })).isTaken).toBe(false);
    expect((await prepare(net, endpointOf(net, 0), { mixer: 0, id: 4 })).isTaken).toBe(true);
  });

  it('has its slots back from a mixer that never sends the request, or never asks for the answer', async () => {
    const net = await start({ miners: 1, params: { deadlines } });
    const mixer = endpointOf(net, 3);
    const first = await prepare(net, mixer, { mixer: 3, id: 1 });
    const second = await prepare(net, mixer, { mixer: 3, id: 2 });
    expect([first.isTaken, second.isTaken]).toEqual([true, true]);
    const payload = { ...InferencePayload.defaultValue(), maxTokens: 4 };
    payload.messages = [{ role: 'user', content: 'hello' }];
    await say(second.stream, { kind: 'start', value: { payload } });
    for (let message = await receive(second.stream, MinerToMixer); message?.kind !== 'precommit'; ) {
      if (message === null) throw new Error('the miner said nothing');
      message = await receive(second.stream, MinerToMixer);
    }
    expect((await prepare(net, mixer, { mixer: 3, id: 3 })).isTaken).toBe(false);
    await net.runtime.sleep(limitMs + 500);
    expect(await codeOf(net.ask())).toBe('OK');
    await expect(receive(first.stream, MinerToMixer)).rejects.toThrow();
    await expect(receive(second.stream, MinerToMixer)).rejects.toThrow();
  });
});

describe('one silent mixer (§5.24)', () => {
  it('that only says that it waits is left when the longest wait is over, for the next (§5.25.1)', async () => {
    const net = await start({ params: { queue: { maxWaiting: 4, maxWaitMs: 5000 } } });
    endpointOf(net, 0).handle(protocols.task, (stream) =>
      stream.send(GatewayMessage.serialize({ kind: 'queued', value: { ahead: 0, waitMs: 0 } })),
    );
    const begunMs = net.runtime.nowMs();
    // No other takes it while the home mixer is there.
    await expect(net.ask()).rejects.toMatchObject({ code: 'NO_MIXER' });
    expect(net.runtime.nowMs() - begunMs).toBeLessThan(8000);
  });

  it.each(['constructor', '__proto__', 'NOTHING'])('gives no code of its own: %s', async (code) => {
    const net = await start();
    for (const mixer of [0, 1, 2, 3]) {
      endpointOf(net, mixer).handle(protocols.task, (stream) =>
        stream.send(GatewayMessage.serialize({ kind: 'failure', value: { code, detail: 'No.', retryAfterMs: 0 } })),
      );
    }
    const { sentence } = edgeCodes.INTERNAL;
    await expect(net.ask()).rejects.toMatchObject({ code: 'INTERNAL', message: `${sentence} No.` });
  });

  it('does not stop the audits of what others certified (§14.8)', async () => {
    const net = await start();
    const other = await net.openSession(names.foundation, { homeMixer: 1 });
    const silent = await net.openSession(names.foundation, { homeMixer: 3 });
    await net.blocks(3);
    endpointOf(net, 3).handle(protocols.artifact, never);
    for (let seed = 0; seed < 4; seed++) await net.ask({ seed, maxTokens: 2 }, silent);
    await net.blocks(10);
    const asked: string[] = [];
    for (let seed = 0; seed < 3; seed++) asked.push((await net.ask({ seed, maxTokens: 4 }, other)).taskId);
    const isPaid = (taskId: string) => net.task(taskId)?.row.status === 'approved';
    await net.until(() => asked.every(isPaid) || net.chain.head().globals.height > 400);
    expect(asked.map(isPaid)).toEqual([true, true, true]);
  });

  it('holds up no certificate (§14.1.2)', async () => {
    const net = await start();
    await net.blocks(3);
    endpointOf(net, 3).handle(protocols.batch, never);
    const { taskId } = await net.ask({ maxTokens: 2 });
    const askedMs = net.runtime.monotonicMs();
    await net.until(() => net.task(taskId) !== null);
    // The answer of a silent mixer is waited for two seconds (§5.24).
    expect(net.runtime.monotonicMs() - askedMs).toBeLessThan(500);
  });

  it('leaves nobody to check the same work at each offer (§14.12)', async () => {
    const net = await start();
    await net.blocks(3);
    for (const mixer of [2, 3]) endpointOf(net, mixer).handle(protocols.batch, never);
    let offered = 0;
    net.network.spy.onHeard(({ to, protocol, message }) => {
      if (to !== net.mixerPeer(1) || protocol !== protocols.batch) return;
      if (BatchOffer.deserialize(message).attestations.some(({ kind }) => kind === 'receipt')) offered++;
    });
    const checks = vi.spyOn(KnownSignatures.prototype, 'bls');
    onTestFinished(() => checks.mockRestore());
    const { taskId } = await net.ask({ maxTokens: 2 });
    await net.until(() => offered > 5);
    expect(net.task(taskId)).toBeNull();
    const id = fromHex(taskId) ?? new Uint8Array();
    const ofTicket = checks.mock.calls.filter(([, , ticket]) => equalBytes(drawIdOf({ ticket }), id));
    // Its own mixer, and the one that answers it.
    expect(ofTicket).toHaveLength(2);
  });

  it('does not lose its work when it is down for some seconds (§14.8)', async () => {
    const net = await start();
    const own = await net.openSession(names.foundation, { homeMixer: 3 });
    await net.blocks(3);
    const { taskId } = await net.ask({ maxTokens: 2 }, own);
    await net.until(() => net.task(taskId) !== null);
    await net.built.roles.set(names.mixer(3), false);
    await net.blocks(30);
    await net.built.roles.set(names.mixer(3), true);
    await net.until(() => net.isDecided(taskId));
    expect(net.task(taskId)?.row.status).toBe('approved');
  });

  /** One miner of two never answers; whoever has it is served by the other once the oracles took the task away. */
  const withHungMiner = () =>
    start({
      params: { deadlines },
      modelOf: (miner) => new SimulatedModel('registered', miner === 0 ? never : undefined),
    });
  const requireAnswers = async (net: World) => {
    const late = net.runtime.sleep(15_000).then(() => 'still waits');
    const all = Array.from({ length: 6 }, (_, seed) => codeOf(net.ask({ seed, maxTokens: 3 })));
    expect(await Promise.all(all.map((each) => Promise.race([each, late])))).toEqual(Array(6).fill('OK'));
    expect(net.trace.said.some((line) => line.includes('is late: taken from miner 0'))).toBe(true);
  };

  it('does not keep a late task at its miner by not voting (§5.3)', async () => {
    const net = await withHungMiner();
    endpointOf(net, 3).handle(protocols.vote, never);
    await requireAnswers(net);
  });

  it('of two ends the task that could not be taken from its miner, and nobody pays (§5.3.5)', async () => {
    const hung = () => new SimulatedModel('registered', never);
    const net = await start({ params: { deadlines, blockTimeMs: 1000 }, modelOf: hung });
    for (const mixer of [2, 3]) endpointOf(net, mixer).handle(protocols.vote, never);
    const askedMs = net.runtime.monotonicMs();
    expect(await codeOf(net.ask())).toBe('NO_COMMITTEE');
    expect(net.runtime.monotonicMs() - askedMs).toBeLessThan(130_000);
    expect(net.chain.head().sessions.at(0)).toMatchObject({ spentUnits: 0n });
  });

  it('does not by votes that nobody signed either (§5.3)', async () => {
    const net = await withHungMiner();
    // The liar’s vote is there before the last honest one.
    for (const oracle of net.chain.head().oracles) {
      net.network.lengthen(net.mixerPeer(2), peerIdOf(oracle), 50);
    }
    endpointOf(net, 3).handle(protocols.vote, async (stream) => {
      await receive(stream, SignedTransition);
      await stream.send(TransitionVote.serialize({ agrees: true, mixer: 3, signature: new Uint8Array(64) }));
      stream.close();
    });
    await requireAnswers(net);
  });

  it('does not by announcing the end of another’s task (§5.3)', async () => {
    const net = await withHungMiner();
    const three = endpointOf(net, 3);
    const roots = new SigningRoots(net.chain.identity);
    three.subscribe(topics.tasks, (message) => {
      const { announcement } = SignedAnnouncement.deserialize(message);
      if (announcement.mixer === 3) return;
      const forged = { ...announcement, mixer: 3, state: 'end' as const };
      const root = roots.of(messageTypes.taskState, TaskAnnouncement, forged);
      const signature = net.keys.account(names.mixer(3)).sign(root);
      three.publish(topics.tasks, SignedAnnouncement.serialize({ announcement: forged, signature }));
    });
    await requireAnswers(net);
  });

  it('does not hang the users whose home it is: they hear of it, and are served once it is away (§5.6)', async () => {
    const net = await start();
    endpointOf(net, 0).handle(protocols.task, never);
    expect(await codeOf(net.ask())).toBe('NO_MIXER');
    await net.built.roles.set(names.mixer(0), false);
    await net.blocks(10);
    expect(await codeOf(net.ask())).toBe('OK');
  });

  it('is not made of an honest one by a stranger with many streams', async () => {
    const net = await start();
    const stranger = await net.network.join(peerSigner('nobody'));
    const open = () => stranger.open(net.mixerPeer(0), protocols.task);
    const openMany = () => Promise.all(Array.from({ length: 5000 }, open));
    await expect(openMany()).rejects.toThrow('lost');
    expect(await codeOf(net.ask())).toBe('OK');
  });
});
