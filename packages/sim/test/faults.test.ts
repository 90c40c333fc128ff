import { nativeVerifier } from '@assay/node/crypto/verifier';
import {
  Artifact,
  AssayError,
  InferencePayload,
  MinerToMixer,
  MixerToMiner,
  messageTypes,
  opens,
  Precommit,
  precommitHash,
} from '@assay/protocol';
import { protocols, SigningRoots } from '@assay/roles/context';
import type { GenerateEvent } from '@assay/roles/ports/inference';
import { peerIdOf } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { encodeText, equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { EndlessModel } from '../src/adversaries/endless-model.ts';
import { GarbledModel } from '../src/adversaries/garbled-model.ts';
import { RefusingModel } from '../src/adversaries/refusing-model.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { codeOf, endpointOf, patientDeadlines, startWorld } from './start.fixture.ts';

/** What the ledger holds against anybody, and what it took of the session. */
const recordsOf = ({ chain, session }: World) => ({
  miners: [...chain.head().miners].map(({ strikes, rejected, status, collateralUnits }) => ({
    strikes,
    rejected,
    status,
    collateralUnits,
  })),
  oracleDuties: [...chain.head().oracles].map(({ epochDuties }) => epochDuties),
  escrowUnits: chain.head().sessions.at(session).escrowUnits,
});
const strikesOf = (net: World) => recordsOf(net).miners.map(({ strikes }) => strikes);

describe('the fault of a request (§5.15)', () => {
  /**
   * Each error is two tries and nothing that lasts: a hundred times as many leave the same records, at 30 ms each. The
   * numbers compared are counts of the ledger, so one trace of one error would show.
   */
  it('is told to the client with its code, and two hundred of them leave every record as it was', async () => {
    const net = await startWorld({
      miners: 3,
      params: { deadlines: patientDeadlines },
      modelOf: () => new RefusingModel((content) => content.startsWith('system')),
    });
    const before = recordsOf(net);
    const ask = (content: string) => codeOf(net.ask({ messages: [{ role: 'user', content }] }));
    const contents = ['system', 'x'.repeat(5000), 'system\ufeff', '\u0000'.repeat(4500)];
    const codes: string[] = [];
    for (let round = 0; round < 20; round++) {
      codes.push(...(await Promise.all(Array.from({ length: 10 }, (_, i) => ask(contents[i % 4] ?? '')))));
    }
    expect(new Set(codes)).toEqual(new Set(['INVALID_REQUEST', 'CONTEXT_TOO_LONG']));
    await net.blocks(5);
    expect(recordsOf(net)).toEqual(before);
  });

  it('is no excuse: who claims it of what another serves was late', async () => {
    const net = await startWorld({
      miners: 2,
      params: { deadlines: patientDeadlines },
      modelOf: (miner) => (miner === 0 ? new RefusingModel(() => true) : new SimulatedModel('registered')),
    });
    let taskId = '';
    while (strikesOf(net)[0] === 0) {
      const answer = await net.ask();
      expect(answer.text).toHaveLength(8);
      taskId = answer.taskId;
      await net.until(() => net.task(taskId) !== null);
      await net.blocks(2);
    }
    expect(strikesOf(net)).toEqual([1, 0]);
    expect(net.task(taskId)?.receipt).toMatchObject({ miner: 1, attempt: 1 });
  });

  it('is nobody’s when a client leaves, whenever that is', async () => {
    const net = await startWorld({
      miners: 3,
      params: { deadlines: patientDeadlines },
      modelOf: (_, runtime) => new SimulatedModel('registered', () => runtime.sleep(1)),
    });
    const leave = async (afterMs: number) => {
      const leaving = new AbortController();
      const stay = net.runtime.timer(afterMs, () => leaving.abort());
      const answer = await net.gateway.ask(net.apiKey, net.request({ maxTokens: 40 }), leaving.signal);
      try {
        for await (const _ of answer.events);
      } catch {
        // It left.
      }
      stay();
    };
    for (let round = 0; round < 50; round++) {
      await Promise.all([0, 1, 2, 5, 10, 20].map((afterMs) => codeOf(leave(afterMs))));
    }
    await net.blocks(10);
    expect(strikesOf(net)).toEqual([0, 0, 0]);
  });
});

describe('the fault of a node', () => {
  it('never sign what an auditor would find malformed (verification §1.5)', async () => {
    const net = await startWorld({
      miners: 2,
      params: { deadlines: patientDeadlines },
      modelOf: (miner) => (miner === 0 ? new GarbledModel() : new SimulatedModel('registered')),
    });
    await Promise.all(Array.from({ length: 8 }, () => codeOf(net.ask())));
    expect(net.trace.said.some((line) => line.includes('would be malformed: another text than its tokens give'))).toBe(
      true,
    );
    await net.blocks(20);
    expect(recordsOf(net).miners.map(({ rejected }) => rejected)).toEqual([0, 0]);
  });

  it('never sign an answer for another request or model than the one that was given (§5.1)', async () => {
    const net = await startWorld({ miners: 1, params: { deadlines: patientDeadlines } });
    const { chain, miners } = net.chain.head();
    const row = miners.at(0);
    const stream = await endpointOf(net, 0).open(peerIdOf(row), protocols.serve);
    const say = (message: MixerToMiner) => stream.send(MixerToMiner.serialize(message));
    const hear = async <Kind extends MinerToMixer['kind']>(wanted: Kind) => {
      for (;;) {
        const message = await receive(stream, MinerToMixer);
        if (message === null) throw new Error('the miner said nothing');
        if (message.kind === wanted) return message as Extract<MinerToMixer, { kind: Kind }>;
      }
    };
    const taskId = new Uint8Array(32).fill(3);
    const payload = { ...InferencePayload.defaultValue(), maxTokens: 4 };
    payload.messages = [{ role: 'user', content: 'hello' }];
    await say({ kind: 'prepare', value: { taskId, model: 0, maxTokensIn: 100, maxTokensOut: 4, mixer: 0 } });
    await say({ kind: 'start', value: { payload } });
    const { precommit, signature } = (await hear('precommit')).value;
    await say({ kind: 'openReveal', value: { taskId } });
    const { artifact, opening } = (await hear('reveal')).value;
    expect([opens(opening), Precommit.equals(opening.precommit, precommit)]).toEqual([true, true]);
    const { salt } = opening;
    const root = new SigningRoots(chain).of(messageTypes.precommit, Precommit, precommit);
    expect(nativeVerifier.ed25519(row.publicKey, root, signature)).toBe(true);
    const artifactRoot = Artifact.hashTreeRoot(artifact);
    const given = { artifactRoot, salt, requestHash: InferencePayload.hashTreeRoot(payload), model: 0 };
    expect(equalBytes(precommitHash(given), precommit.hash)).toBe(true);
    const signedFor = { ...payload, maxTokens: 5 };
    const framed = [{ requestHash: InferencePayload.hashTreeRoot(signedFor) }, { model: 1 }];
    for (const other of framed) expect(equalBytes(precommitHash({ ...given, ...other }), precommit.hash)).toBe(false);
  });

  it('is repaired by the node before anybody hears of it, when its backend comes back', async () => {
    const failing = new Set([0]);
    const net = await startWorld({
      miners: 1,
      params: { deadlines: patientDeadlines },
      modelOf: () =>
        new SimulatedModel('registered', async (step) => {
          if (failing.delete(step)) throw new AssayError('BACKEND_FAILED', 'it was stopped');
        }),
    });
    const answers = [await net.ask()];
    failing.add(3);
    answers.push(await net.ask());
    expect(failing.size).toBe(0);
    expect(answers.map(({ text }) => text.length)).toEqual([8, 8]);
    await net.until(() => answers.every(({ taskId }) => net.task(taskId) !== null));
    expect(strikesOf(net)).toEqual([0]);
  });
});

describe('a stream', () => {
  const token = { id: 120, text: 'x', negLogprobMicro: 0, top: [] };

  it.each<[string, GenerateEvent]>([
    ['tokens', { type: 'tokens', tokens: [token], text: encodeText('x') }],
    ['text', { type: 'tokens', tokens: [], text: new Uint8Array(256 * 1024).fill(120) }],
  ])('of %s without end is broken off at once, and costs the client nothing (§5.16)', async (_, event) => {
    let hostile: EndlessModel | null = null;
    const sent = () => hostile?.sent ?? 0;
    const net = await startWorld({
      miners: 2,
      params: { deadlines: patientDeadlines },
      modelOf: (miner, runtime) => {
        if (miner !== 0) return new SimulatedModel('registered');
        hostile ??= new EndlessModel(event, runtime);
        return hostile;
      },
    });
    for (let asked = 0; sent() === 0 && asked < 20; asked++) await codeOf(net.ask({ seed: asked }));
    expect(sent()).toBeGreaterThan(0);
    // What the queue of one stream holds, and a little that was under way.
    expect(sent()).toBeLessThan(400);
  });

  it('is not held up by a client that does not read: its miner ends in time (§5.18)', async () => {
    const net = await startWorld({
      miners: 1,
      params: { deadlines: { ...patientDeadlines, stallMs: 300, generationMs: 600 } },
    });
    const { signal } = new AbortController();
    const { taskId } = await net.gateway.ask(net.apiKey, net.request({ maxTokens: 1000 }), signal);
    const id = `0x${taskId.slice(2)}`;
    await net.until(() => net.task(id) !== null);
    expect(net.task(id)?.receipt.tokensOut).toBe(1000);
    expect(strikesOf(net)).toEqual([0]);
  });
});
