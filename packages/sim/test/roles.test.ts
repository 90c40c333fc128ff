import { priceOf } from '@assay/ledger';
import { devnetPrices, names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { type Attestation, ChallengeReport, DisputedChallenge, GatewayMessage } from '@assay/protocol';
import { protocols, topics } from '@assay/roles/context';
import { ofReport } from '@assay/roles/mixer/index';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { signedRequest, unsignedTask } from '../src/adversaries/forged-task.ts';
import { unvotedStep } from '../src/adversaries/forged-transition.ts';
import { attackBy } from '../src/adversaries/in-world.ts';
import { earlyStopper } from '../src/adversaries/miner/early-stopper.ts';
import { model, otherFiles } from '../src/serving.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import { artifactOf, codeOf, quickDeadlines, startWorld } from './start.fixture.ts';

/** Prompt tokens the gateway reserves for `hello`: its bytes, and what a template may add. */
const promptBound = 5 + 64 + 16;

function maxPriceUnits(tokens: { promptBound: number; maxTokens: number }): bigint {
  return priceOf(devnetPrices, { tokensIn: tokens.promptBound, tokensOut: tokens.maxTokens });
}

describe('the roles together', () => {
  it('accept a proposed model that loads and answers, and refuse one whose file nobody has (C5)', async () => {
    const net = await startWorld({ miners: 1 });
    const head = () => net.chain.head();
    const register = (name: string, hash: Uint8Array, contextTokens: number) =>
      net.send(names.payer, 'registerModel', {
        name,
        domain: 0,
        royaltyBps: 500,
        fileHash: hash,
        manifestRoot: new Uint8Array(32),
        contextTokens,
        priceInUnits: 1n,
        priceOutUnits: 2n,
        difficultyPpm: 1_000_000,
        t1ThresholdPpb: 40_000_000,
      });
    const proposed = [
      await register('same-weights', otherFiles[0] ?? new Uint8Array(32), 4096),
      await register('no-such-file', new Uint8Array(32).fill(8), 4096),
      await register('context-too-long', otherFiles[1] ?? new Uint8Array(32), 4097),
      await register('the-same-file', model.fileHash, 4096),
    ];
    expect(proposed).toEqual(['OK', 'OK', 'OK', 'FILE_TAKEN']);
    await net.until(() => [1, 2, 3].every((model) => head().models.at(model).status !== 'proposed'));
    expect([1, 2, 3].map((model) => head().models.at(model).status)).toEqual(['accepted', 'refused', 'refused']);
    expect([...head().validators].map(({ strikes }) => strikes).every((strikes) => strikes === 0)).toBe(true);
  });

  it('certify, audit and approve an honest task (A4, A5, B5)', async () => {
    const net = await startWorld({ miners: 2 });
    const { taskId, text } = await net.ask();
    expect(text).toHaveLength(8);
    await net.until(() => net.task(taskId)?.row.status === 'approved');
    expect(net.task(taskId)?.audit?.verdict).toBe('pass');
    expect(net.task(taskId)?.receipt).toMatchObject({ tokensIn: 5, tokensOut: 8, attempt: 0 });
  });

  it('reject what a miner with other weights did, after three auditors, and refund it (B6, F10)', async () => {
    const net = await startWorld({
      miners: 2,
      modelOf: (miner) => new SimulatedModel(miner === 1 ? 'cheaper' : 'registered'),
    });
    const asked: string[] = [];
    const rejected = () => asked.filter((id) => net.task(id)?.row.status === 'rejected');
    while (rejected().length === 0) {
      asked.push((await net.ask({ seed: asked.length })).taskId);
      await net.until(() => net.isDecided(asked.at(-1) ?? ''));
    }
    for (const id of asked) {
      const task = net.task(id);
      const cheated = task?.receipt.miner === 1;
      expect(task?.row.status === 'rejected').toBe(cheated);
      if (cheated) expect(task?.audit?.auditors).toHaveLength(3);
      expect(task?.refundedUnits).toBe(cheated ? task?.receipt.priceUnits : 0n);
    }
    expect(net.chain.head().miners.at(0).rejected).toBe(0);
  });

  it('reject an answer that a miner cut short to save itself the work (B6, F10)', async () => {
    const net = await startWorld({ miners: 1, attack: attackBy(earlyStopper, 0) });
    const { taskId, text } = await net.ask();
    expect(text).toHaveLength(4);
    await net.until(() => net.isDecided(taskId));
    expect(net.task(taskId)?.row.status).toBe('rejected');
    expect(net.task(taskId)?.audit?.verdict).toBe('hard');
  });

  it('do a session’s tasks on its terms: dedicated (D9), the network’s own (D7), or not at all', async () => {
    const net = await startWorld({ miners: 3, params: { background: { maxTokensPerEpoch: 100_000 } } });
    const dedicated = await net.openSession(names.payer, { dedicatedMiners: [1] });
    const own = await net.openSession(names.foundation, { isBackground: true, depositUnits: 0n });
    const redundant = await net.openSession(names.payer, { redundancy: 3 });
    const asked: string[] = [];
    for (const apiKey of [dedicated, dedicated, dedicated, own]) asked.push((await net.ask({}, apiKey)).taskId);
    await net.until(() => asked.every((id) => net.task(id)?.row.status === 'approved'));
    const receipts = asked.flatMap((id) => net.task(id)?.receipt ?? []);
    expect(receipts.map(({ kind }) => kind)).toEqual(['user', 'user', 'user', 'background']);
    expect(receipts.slice(0, 3).map(({ miner }) => miner)).toEqual([1, 1, 1]);
    expect(receipts.map(({ priceUnits }) => priceUnits > 0n)).toEqual([true, true, true, false]);
    expect(await codeOf(net.ask({}, redundant))).toBe('UNSUPPORTED_PARAMETER');
  });

  it('reserve no more than the escrow: of a thousand requests at once, ten for a balance of ten (§5.7)', async () => {
    let free: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    const maxTokens = 100;
    const deposit = 10n;
    const net = await startWorld({
      miners: 6,
      modelOf: () => new SimulatedModel('registered', () => held),
      depositUnits: deposit * maxPriceUnits({ promptBound, maxTokens }),
    });
    const signal = new AbortController().signal;
    const asked = Array.from({ length: 1000 }, () => net.gateway.ask(net.apiKey, net.request({ maxTokens }), signal));
    const outcomes = await Promise.allSettled(asked);
    const admitted = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(admitted).toHaveLength(Number(deposit));
    expect(new Set(refused.map((outcome) => outcome.reason.code))).toEqual(new Set(['SESSION_EXHAUSTED']));
    free();
    const answers = admitted.map(async ({ value }) => {
      for await (const event of value.events) if (event.type === 'end') return event.tokensOut;
      return 0;
    });
    expect(await Promise.all(answers)).toEqual(Array(Number(deposit)).fill(maxTokens));
  });

  it('take a signed request for one task only (§5.6)', async () => {
    const net = await startWorld({ miners: 2 });
    const stranger = await net.network.join(peerSigner('stranger'));
    const { submission } = signedRequest(net);
    const send = async () => {
      const stream = await stranger.open(net.mixerPeer(0), protocols.task);
      await stream.send(submission);
      const answer = await receive(stream, GatewayMessage);
      return answer?.kind;
    };
    expect(await send()).toBe('admitted');
    expect(await send()).toBe('failure');
  });

  it('sign nothing that is not so: an offered batch comes back with the indexes and the reason (A4)', async () => {
    const net = await startWorld({ miners: 2 });
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    const receipt = net.task(taskId)?.receipt;
    const bundle = artifactOf(net, taskId);
    if (receipt === undefined || bundle === null) throw new Error('the task was certified and its artifact kept');
    const liar = await FalseMixer.of(net, 0);
    const reasonFor = (...attestations: Attestation[]) => liar.offer(1, ...attestations);
    const unsigned = 'the request is not signed by the session';
    const changed = (change: Partial<typeof receipt>) => unsignedTask(net, { ...receipt, ...change }, bundle);
    expect(await reasonFor(changed({}))).toEqual({ indexes: [0], reason: unsigned });
    expect(await reasonFor(changed({ session: 99 }))).toEqual({ indexes: [0], reason: 'unknown session or miner' });
    expect(await reasonFor(changed({ gateway: 5 }))).toEqual({
      indexes: [0],
      reason: 'the receipt is not for the signed request',
    });
    expect(await reasonFor(changed({}), unvotedStep(net, receipt))).toEqual({
      indexes: [0, 1],
      reason: `${unsigned}; too few mixers agree that the step was late`,
    });
    for (const [change, reason] of [
      [{ miner: 1 - receipt.miner }, 'the mixers voted on another transition'],
      [{ requestHash: new Uint8Array(32) }, 'the transition is not of the signed request'],
      [{ oracle: 9 }, 'TRANSITION_UNKNOWN_ROLE'],
    ] as const) {
      expect(await reasonFor(unvotedStep(net, receipt, change))).toEqual({ indexes: [0], reason });
    }
    // §14.1.3
    const both = [changed({}), changed({ session: 99 })].map((each) => reasonFor(each));
    expect((await Promise.all(both)).map(({ reason }) => reason)).toEqual([
      'a newer offer of this mixer is here',
      'unknown session or miner',
    ]);
    // §8.6 A challenge is disputed with the miner's own signature over its artifact.
    const { reveal } = bundle;
    const { miner, artifactRoot } = receipt;
    const forged = { ...DisputedChallenge.defaultValue(), taskId: receipt.requestHash, artifactRoot };
    const report = { ...ChallengeReport.defaultValue(), miner, disputed: [forged] };
    const other = 'the artifact is not the one the miner signed';
    expect(await reasonFor(ofReport({ report, evidence: [reveal] }))).toEqual({ indexes: [0], reason: other });
    expect((await reasonFor(ofReport({ report, evidence: [] }))).reason).toContain('not one evidence for each');
  });

  it('drop what a peer publishes that is no message', async () => {
    const net = await startWorld({ miners: 1 });
    const stranger = await net.network.join(peerSigner('stranger'));
    for (const topic of Object.values(topics)) stranger.publish(topic, Uint8Array.of(1, 2, 3));
    expect((await net.ask()).text).toHaveLength(8);
  });

  it('free what a stopped mixer had reserved', async () => {
    const never = new Promise<void>(() => {});
    let held = true;
    const net = await startWorld({
      miners: 2,
      depositUnits: maxPriceUnits({ promptBound, maxTokens: 8 }),
      modelOf: () => new SimulatedModel('registered', () => (held ? never : Promise.resolve())),
    });
    const { signal } = new AbortController();
    await net.gateway.ask(net.apiKey, net.request(), signal);
    expect(await codeOf(net.ask())).toBe('SESSION_EXHAUSTED');
    held = false;
    await net.built.roles.set('mixer-1', false);
    await net.built.roles.set('mixer-1', true);
    await net.blocks(2);
    expect((await net.ask()).text).toHaveLength(8);
  });

  it('hand a late task to the next miner by the word of the oracles (D3)', async () => {
    const never = new Promise<void>(() => {});
    const stuck = new Set<number>();
    const net = await startWorld({
      miners: 3,
      params: { deadlines: quickDeadlines },
      modelOf: (miner) =>
        new SimulatedModel('registered', async (step) => {
          if (stuck.size === 0) stuck.add(miner);
          if (step === 3 && stuck.has(miner)) await never;
        }),
    });
    const { taskId, text } = await net.ask();
    expect(text).toHaveLength(8);
    await net.until(() => net.task(taskId) !== null);
    const receipt = net.task(taskId)?.receipt;
    expect(receipt?.attempt).toBe(1);
    expect(stuck.has(receipt?.miner ?? -1)).toBe(false);
    const late = () => net.task(taskId)?.history.find(({ event }) => event.type === 'taskLate')?.event;
    await net.until(() => late() !== undefined);
    const [miner = -1] = stuck;
    expect(late()).toMatchObject({ step: 'precommit', attempt: 0, miner });
    const { miners, oracles } = net.chain.head();
    expect(miners.at(miner)).toMatchObject({ strikes: 1, rejected: 0 });
    expect(Array.from(oracles, ({ epochDuties }) => epochDuties).toSorted()).toEqual([0, 0, 1]);
  });

  it('pay for what was made when the client leaves in the middle (§5)', async () => {
    const leaving = new AbortController();
    const net = await startWorld({
      miners: 1,
      modelOf: (_, runtime) =>
        new SimulatedModel('registered', async (step) => {
          if (step === 5) leaving.abort();
          if (step >= 5) await runtime.sleep(20);
        }),
    });
    const { taskId, events } = await net.gateway.ask(net.apiKey, net.request({ maxTokens: 500 }), leaving.signal);
    await codeOf(
      (async () => {
        for await (const _ of events);
      })(),
    );
    await net.until(() => net.task(taskId) !== null);
    const receipt = net.task(taskId)?.receipt;
    expect(receipt?.outcome).toBe('partial');
    expect(receipt?.tokensOut).toBeGreaterThanOrEqual(5);
    expect(receipt?.tokensOut).toBeLessThan(500);
  });

  it('end a task that nobody finishes with a clear error, and charge nothing (§5.2)', async () => {
    const never = new Promise<void>(() => {});
    const net = await startWorld({
      miners: 2,
      params: { deadlines: quickDeadlines, maxReassignments: 1 },
      modelOf: () => new SimulatedModel('registered', () => never),
    });
    const before = net.chain.head().sessions.at(net.session).escrowUnits;
    expect(await codeOf(net.ask())).toBe('TASK_EXPIRED');
    await net.blocks(5);
    expect(net.chain.head().sessions.at(net.session).escrowUnits).toBe(before);
  });
});
