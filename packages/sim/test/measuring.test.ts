import { challengeSigningRoot, measuredValues, measuringOf } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import {
  ArtifactReply,
  ArtifactRequest,
  DataRequest,
  type LedgerEvent,
  noKnownTask,
  Ping,
  type RoleStatus,
} from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import type { Worker } from '@assay/roles/miner/index';
import { StreamLost } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { equalBytes, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { falseLine } from '../src/adversaries/false-line.ts';
import { Machine } from '../src/machine.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { artifactOf, type StartOptions, startWorld } from './start.fixture.ts';

const start = (options: StartOptions) => startWorld({ ...options, params: { epochBlocks: 16, ...options.params } });

type Measured = Extract<LedgerEvent, { type: 'minerMeasured' }> & { readonly epoch: number };

/** Everything that is measured from the next epoch on; `until` waits for what is there to hold. */
function watch(net: World) {
  const state = net.chain.head();
  const first = state.globals.epoch + 1;
  const measured: Measured[] = [];
  net.chain.onBlock(({ result }) => {
    const epoch = Math.floor(result.height / state.params.epochBlocks);
    for (const event of result.events) {
      if (event.type === 'minerMeasured' && epoch >= first) measured.push({ ...event, epoch });
    }
  });
  const of = (miner: number) => measured.filter((each) => each.miner === miner);
  return { of, until: (holds: () => boolean) => net.until(holds) };
}

describe('the line of a miner', () => {
  it('is measured by all that were drawn, however slow the ways are and short the epochs (§14.1, §15.4)', async () => {
    const params = { epochBlocks: 32, blockTimeMs: 500, batchMs: 100 };
    const net = await start({ miners: 6, params, ways: { leastMs: 5, mostMs: 40, jitterMs: 10 } });
    const seen = watch(net);
    const state = () => net.chain.head();
    const first = state().globals.epoch + 1;
    const epochs = [0, 1, 2, 3, 4, 5].map((later) => first + later);
    await net.until(() => state().globals.epoch === first + epochs.length);
    const miners = [0, 1, 2, 3, 4, 5];
    const drawnIn = (epoch: number, mixer: number) => {
      const reveal = net.keys.committee(names.mixer(mixer)).sign(challengeSigningRoot(state().chain, epoch));
      return miners.filter((miner) => measuringOf(state(), { mixer, reveal }, miner).isOfLine);
    };
    const turns = epochs.flatMap((epoch) => [0, 1, 2, 3].map((mixer) => ({ epoch, mixer })));
    const drawn = turns.flatMap(({ epoch, mixer }) =>
      drawnIn(epoch, mixer).map((miner) => `${epoch}/${mixer}/${miner}`),
    );
    const measured = miners.flatMap((miner) => seen.of(miner).map(({ epoch, mixer }) => `${epoch}/${mixer}/${miner}`));
    expect(measured.toSorted()).toEqual(drawn.toSorted());
    // What comes too late while one is away is let go, and nobody is offered it.
    net.network.cutOff(net.mixerPeer(3));
    await net.blocks(48);
    net.network.heal(net.mixerPeer(3));
    await net.blocks(16);
    expect(net.trace.said.filter((line) => line.includes('REPORT_'))).toEqual([]);
  });

  it('is measured by the mixers that were drawn, once an epoch, over a restart too (A3, §15.1, §15.2)', async () => {
    const net = await start({ miners: 1 });
    const head = () => net.chain.head();
    const seen = watch(net);
    await seen.until(() => seen.of(0).length > 0);
    for (const isRunning of [false, true]) {
      for (const mixer of [0, 1, 2, 3]) await net.built.roles.set(names.mixer(mixer), isRunning);
    }
    await seen.until(() => seen.of(0).length >= 4);
    const turns = seen.of(0).map(({ epoch, mixer }) => `${epoch}/${mixer}`);
    expect(new Set(turns).size).toBe(turns.length);
    for (const { latencyMs, bandwidth, disputed } of seen.of(0)) {
      expect(latencyMs).toBeGreaterThanOrEqual(1);
      expect(bandwidth).toBeGreaterThan(0n);
      expect(disputed).toBe(0);
    }
    expect(measuredValues(head().measures.of(0))).toMatchObject({ hashRate: null, latencyMs: expect.any(Number) });
    expect(net.trace.said.filter((line) => line.includes('DUPLICATE'))).toEqual([]);
  });

  it('is reported once, by a mixer too that fell before it knew that it was certified (§14.1.1)', async () => {
    const net = await start({ miners: 2, params: { epochBlocks: 32 } });
    const store = net.store.roleStore(names.mixer(1));
    let kept = [...store.entries('pending/measured/')];
    for (; kept.length === 0; kept = [...store.entries('pending/measured/')]) await net.runtime.sleep(10);
    await net.until(() => [...store.entries('pending/measured/')].length === 0);
    await net.built.roles.set(names.mixer(1), false);
    for (const { key, value } of kept) store.put(key, value);
    const { epoch } = net.chain.head().globals;
    await net.build(new Machine(net).with(net.chain)).roles.set(names.mixer(1), true);
    await net.until(() => [...store.entries('pending/measured/')].length === 0);
    expect(net.chain.head().globals.epoch).toBe(epoch);
    expect(net.trace.said.filter((line) => line.includes('DUPLICATE'))).toEqual([]);
  });

  it('has no bandwidth when one byte is wrong, and no latency when another signs (§15.1, §15.2)', async () => {
    const net = await start({ miners: 2 });
    await falseLine(net, 1, { signsOther: false, sendsOther: true });
    await falseLine(net, 0, { signsOther: true, sendsOther: false });
    const seen = watch(net);
    await seen.until(() => [0, 1].every((miner) => seen.of(miner).length >= 3));
    expect(seen.of(1).map(({ bandwidth, latencyMs }) => bandwidth === 0n && latencyMs > 0)).not.toContain(false);
    expect(seen.of(0).map(({ bandwidth, latencyMs }) => bandwidth > 0n && latencyMs === 0)).not.toContain(false);
  });

  it('is not reported of a miner that answers nothing, and shown to no stranger', async () => {
    const net = await start({ miners: 2 });
    const stranger = await net.network.join(peerSigner('stranger'));
    const ask = async (protocol: string, message: Uint8Array) => {
      const stream = await stranger.open(net.minerPeer(0), protocol);
      await stream.send(message);
      return stream.messages.next();
    };
    const nonce = new Uint8Array(32);
    await expect(ask(protocols.ping, Ping.serialize({ miner: 0, nonce }))).rejects.toThrow(StreamLost);
    await expect(ask(protocols.data, DataRequest.serialize({ seed: nonce }))).rejects.toThrow(StreamLost);
    await net.built.roles.set(names.miner(1), false);
    const seen = watch(net);
    await seen.until(() => seen.of(0).length >= 4);
    expect(seen.of(1)).toEqual([]);
  });
});

/** Has so many tasks done and approved by audits. */
async function answerTasks(net: World, count: number, from = 0): Promise<void> {
  const asked: string[] = [];
  for (let seed = from; seed < from + count; seed++) asked.push((await net.ask({ seed, maxTokens: 40 })).taskId);
  await net.until(() => asked.every((id) => net.isDecided(id)));
}

async function setStatus(net: World, miner: number, status: RoleStatus): Promise<void> {
  const change = { kind: 'miner' as const, role: miner, status };
  expect(await net.send(names.miner(miner), 'setRoleStatus', change)).toBe('OK');
}

const manyChallenges = { challenges: { lambdaMilli: 6000, alpha: 1, bandwidthCap: 125_000_000n } };

/** The verdicts on challenges from now on, and what became of the answers they contradict. */
function watchVerdicts(net: World) {
  const judged: Extract<LedgerEvent, { type: 'challengeJudged' }>[] = [];
  const again: Extract<LedgerEvent, { type: 'taskReaudited' }>[] = [];
  const punished: number[] = [];
  net.chain.onBlock(({ result }) => {
    for (const event of result.events) {
      if (event.type === 'challengeJudged') judged.push(event);
      if (event.type === 'taskReaudited') again.push(event);
      if (event.type === 'challengesFailed') punished.push(event.miner);
    }
  });
  return { judged, again, punished };
}

/** A miner's worker that names another engine in its artifacts than when a task is offered. */
function namingAnother(honest: Worker): Worker {
  let hasAnswered = false;
  return {
    ...honest,
    get engine() {
      const named = hasAnswered ? { ...honest.engine, build: '2' } : honest.engine;
      hasAnswered = false;
      return named;
    },
    async *generate(...asked) {
      yield* honest.generate(...asked);
      hasAnswered = true;
    },
  };
}

describe('challenges', () => {
  it('measure the hash rate of honest miners, which fail none (A2, A3, E3, §15.3)', async () => {
    const net = await start({ miners: 2, params: manyChallenges });
    let certified = 0;
    net.chain.onBlock(({ result }) => {
      certified += result.events.filter(({ type }) => type === 'taskCertified').length;
    });
    const seen = watch(net);
    const isMeasured = () => [0, 1].every((miner) => seen.of(miner).some(({ hashRate }) => hashRate > 0n));
    let asked = 0;
    // An answer is asked of a miner once: then others are needed.
    for (; !isMeasured(); asked += 8) {
      await answerTasks(net, 8, asked);
      const { epoch } = net.chain.head().globals;
      await seen.until(() => isMeasured() || net.chain.head().globals.epoch > epoch + 1);
    }
    expect(net.chain.head().miners.at(0).rejected + net.chain.head().miners.at(1).rejected).toBe(0);
    // Nothing of it is certified.
    expect(certified).toBe(asked);
  });

  it('are failed by who serves another model, by the word of auditors (A10, §8.5–§8.7)', async () => {
    const net = await start({
      miners: 3,
      // An answer is known for two epochs: time enough for the miner to come back.
      params: { ...manyChallenges, epochBlocks: 32 },
      modelOf: (miner) => new SimulatedModel(miner === 1 ? 'cheaper' : 'registered'),
    });
    const head = () => net.chain.head();
    await setStatus(net, 1, 'paused');
    await answerTasks(net, 10);
    await setStatus(net, 1, 'active');
    const { judged, punished } = watchVerdicts(net);
    await net.until(() => punished.length > 0);
    expect(new Set(punished)).toEqual(new Set([1]));
    const failed = judged.filter(({ verdict }) => verdict !== 'pass');
    expect(new Set(failed.map(({ miner }) => miner))).toEqual(new Set([1]));
    const { epochFailed, failedMicro, rejected } = head().miners.standing(1);
    expect([epochFailed + failedMicro > 0, rejected > 0]).toEqual([true, true]);
    expect([0, 2].map((miner) => head().miners.at(miner).rejected)).toEqual([0, 0]);
    // Nobody's money moved: no case, no refund.
    expect(head().cases.length).toBe(0);
  });

  it('are disputed of who answers by an engine that it never registered (§3.8)', async () => {
    const net = await start({
      miners: 3,
      params: { ...manyChallenges, epochBlocks: 32 },
      workerOf: (miner, honest) => (miner === 1 ? namingAnother(honest) : honest),
    });
    await setStatus(net, 1, 'paused');
    await answerTasks(net, 10);
    const known: boolean[] = [];
    net.chain.onBlock(({ result }) => {
      const disputed = result.events.filter((event) => event.type === 'challengeDisputed' && event.miner === 1);
      known.push(...disputed.map((event) => 'knownTaskId' in event && !equalBytes(event.knownTaskId, noKnownTask)));
    });
    await setStatus(net, 1, 'active');
    const { punished } = watchVerdicts(net);
    await net.until(() => punished.length > 0);
    expect(known).toContain(true);
    expect(new Set(punished)).toEqual(new Set([1]));
  });

  it('convict no honest miner of a cheat’s garbage: that falls on its maker (§8.8)', async () => {
    const honest = new SimulatedModel('registered');
    const cheaper = new SimulatedModel('cheaper');
    // However it came that validators approved garbage once.
    let audited = cheaper;
    const net = await start({
      miners: 3,
      // As above.
      params: { ...manyChallenges, epochBlocks: 32 },
      modelOf: (miner) => (miner === 1 ? cheaper : honest),
      audited: () => audited,
    });
    const head = () => net.chain.head();
    for (const miner of [0, 2]) await setStatus(net, miner, 'paused');
    await answerTasks(net, 10);
    expect(head().miners.at(1).rejected).toBe(0);
    audited = honest;
    const { judged, again, punished } = watchVerdicts(net);
    for (const miner of [0, 2]) await setStatus(net, miner, 'active');
    await net.until(() => judged.length > 1 && again.some(({ verdict }) => verdict === 'hard'));
    expect(judged.filter(({ miner, verdict }) => miner !== 1 && verdict !== 'pass')).toEqual([]);
    expect(punished.filter((miner) => miner !== 1)).toEqual([]);
    for (const miner of [0, 2]) {
      const { rejected, epochFailed, failedMicro, cusumMilli } = head().miners.standing(miner);
      expect({ rejected, epochFailed, failedMicro, cusumMilli }).toEqual({
        rejected: 0,
        epochFailed: 0,
        failedMicro: 0,
        cusumMilli: 0,
      });
    }
    expect(head().miners.at(1).rejected).toBeGreaterThan(0);
  });

  it('go on where nobody asks; auditors judge them, and pay a cheat nothing (§15.3.4, economics §7.1)', async () => {
    const net = await start({
      miners: 2,
      params: { challenges: { ...manyChallenges.challenges, lambdaMilli: 2000 } },
      modelOf: (miner) => new SimulatedModel(miner === 1 ? 'cheaper' : 'registered'),
    });
    const paid = [0n, 0n];
    const known = new Set<string>();
    net.chain.onBlock(({ result }) => {
      for (const event of result.events) {
        if (event.type === 'challengeDisputed') known.add(toHex(event.knownTaskId));
        if (event.type !== 'epochClosed') continue;
        for (const { miner, emissionUnits } of event.close.capacity) paid[miner] = (paid[miner] ?? 0n) + emissionUnits;
      }
    });
    const rejected = () => [0, 1].map((miner) => net.chain.head().miners.at(miner).rejected);
    await net.until(() => (paid[0] ?? 0n) > 0n && (rejected()[1] ?? 0) > 0);
    expect(paid[1]).toBe(0n);
    expect(known).toEqual(new Set([toHex(noKnownTask)]));
    expect(rejected()[0]).toBe(0);
  });

  it('are no prompts of a session that does not share them (§4.14), which nobody else can read (§14.7)', async () => {
    const net = await start({ miners: 2, params: manyChallenges });
    const closed = await net.openSession(names.payer, { sharesPrompts: false });
    // A right answer is one that the mixer knew: fresh ones are the auditors' to judge.
    let right = 0;
    net.chain.onBlock(({ result }) => {
      for (const event of result.events) if (event.type === 'minerMeasured') right += event.right;
    });
    const ask = async (seed: number, apiKey?: string) => (await net.ask({ seed, maxTokens: 12 }, apiKey)).taskId;
    const private_ = await Promise.all(Array.from({ length: 8 }, (_, seed) => ask(seed, closed)));
    await net.blocks(40);
    expect(right).toBe(0);
    const shared = await Promise.all(Array.from({ length: 8 }, (_, seed) => ask(seed + 8)));
    await net.until(() => right > 0);
    const stranger = await net.network.join(peerSigner('stranger'));
    const mixer = net.mixerPeer(0);
    for (const taskId of [...private_, ...shared]) {
      expect(artifactOf(net, taskId)).not.toBeNull();
      const stream = await stranger.open(mixer, protocols.artifact);
      await stream.send(ArtifactRequest.serialize({ taskId: Buffer.from(taskId.slice(2), 'hex') }));
      expect(await receive(stream, ArtifactReply)).toEqual([]);
    }
  });
});
