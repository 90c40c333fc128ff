import {
  Artifact,
  encodeText,
  equalBytes,
  InferencePayload,
  MinerToMixer,
  MixerToMiner,
  messageTypes,
  Precommit,
  precommitHash,
  type Reveal,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../src/crypto/verifier.ts';
import { AssayError } from '../src/errors.ts';
import type { ChatMessage, GenerateEvent, GenerateRequest } from '../src/inference/port.ts';
import { receive } from '../src/network/wire.ts';
import { networkAddress, protocols, SigningRoots } from '../src/roles/context.ts';
import { SimulatedModel } from './simulated/model.ts';
import type { SimulatedNetwork } from './simulated/network.ts';
import { codeOf, startNetwork } from './simulated/start.ts';

const deadlines = {
  ...{ prepareMs: 1000, firstTokenMs: 2000, generationMs: 4000, generationPerTokenMs: 1 },
  ...{ stallMs: 2000, commitMs: 1000, lostMs: 50, oracleSlotMs: 100 },
};

/** What the ledger holds against anybody, and what it took of the session. */
const recordsOf = ({ chain, session }: SimulatedNetwork) => ({
  miners: [...chain.head().miners].map(({ strikes, rejected, status, collateralUnits }) => ({
    ...{ strikes, rejected, status, collateralUnits },
  })),
  oracleDuties: [...chain.head().oracles].map(({ epochDuties }) => epochDuties),
  escrowUnits: chain.head().sessions.at(session).escrowUnits,
});
const strikesOf = (net: SimulatedNetwork) => recordsOf(net).miners.map(({ strikes }) => strikes);

/** Refuses every conversation, or those that a template would; overflows on long ones. */
class Refusing extends SimulatedModel {
  readonly #isRefused: (content: string) => boolean;

  constructor(isRefused: (content: string) => boolean) {
    super('registered');
    this.#isRefused = isRefused;
  }

  override async render(messages: readonly ChatMessage[]): Promise<number[]> {
    const [content = ''] = messages.map((message) => message.content);
    if (this.#isRefused(content)) throw new AssayError('INVALID_REQUEST', `refused ${'x'.repeat(2000)}`);
    if (content.length > this.contextTokens) throw new AssayError('CONTEXT_TOO_LONG', 'too long');
    return super.render(messages);
  }
}

/** Gives what no request asked for. */
class Hostile extends SimulatedModel {
  sent = 0;
  readonly #event: GenerateEvent;

  constructor(event: GenerateEvent) {
    super('registered');
    this.#event = event;
  }

  override async *generate(_: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    while (!signal.aborted) {
      this.sent += 1;
      yield this.#event;
      if (this.sent % 16 === 0) await new Promise(setImmediate);
    }
  }
}

describe('the fault of a request (§5.15)', () => {
  /**
   * Each error is two tries and nothing that lasts: a hundred times as many leave the same records, at 30 ms each. The
   * numbers compared are counts of the ledger, so one trace of one error would show.
   */
  it('is told to the client with its code, and two hundred of them leave every record as it was', async () => {
    const net = await startNetwork({
      miners: 3,
      params: { deadlines },
      modelOf: () => new Refusing((content) => content.startsWith('system')),
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
    const net = await startNetwork({
      miners: 2,
      params: { deadlines },
      modelOf: (miner) => (miner === 0 ? new Refusing(() => true) : new SimulatedModel('registered')),
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
    const net = await startNetwork({
      miners: 3,
      params: { deadlines },
      modelOf: () => new SimulatedModel('registered', () => new Promise((resolve) => setTimeout(resolve, 1))),
    });
    const leave = async (afterMs: number) => {
      const leaving = new AbortController();
      const timer = setTimeout(() => leaving.abort(), afterMs);
      const answer = await net.built.gateway.ask(net.apiKey, net.request({ maxTokens: 40 }), leaving.signal);
      try {
        for await (const _ of answer.events);
      } catch {
        // It left.
      }
      clearTimeout(timer);
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
    class Garbled extends SimulatedModel {
      override async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
        for await (const event of super.generate(request, signal)) {
          yield event.type === 'end' ? { ...event, text: encodeText('!') } : event;
        }
      }
    }
    const net = await startNetwork({
      miners: 2,
      params: { deadlines },
      modelOf: (miner) => (miner === 0 ? new Garbled('registered') : new SimulatedModel('registered')),
    });
    await Promise.all(Array.from({ length: 8 }, () => codeOf(net.ask())));
    expect(net.log.some((line) => line.includes('would be malformed: another text than its tokens give'))).toBe(true);
    await net.blocks(20);
    expect(recordsOf(net).miners.map(({ rejected }) => rejected)).toEqual([0, 0]);
  });

  it('never sign an answer for another request or model than the one that was given (§5.1)', async () => {
    const net = await startNetwork({ miners: 1, params: { deadlines } });
    const { chain, miners } = net.chain.head();
    const row = miners.at(0);
    const mixer = net.network.find(net.mixerAddress(0));
    const stream = await mixer?.open(networkAddress(row), protocols.serve);
    if (stream === undefined) throw new Error('the mixer is not there');
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
    payload.messages = [{ role: chatRoles.user, content: 'hello' }];
    await say(mixerToMiner.prepare, { taskId, model: 0, maxTokensIn: 100, maxTokensOut: 4, mixer: 0 });
    await say(mixerToMiner.start, { payload });
    const { precommit, signature } = (await hear(minerToMixer.precommit)) as SignedPrecommit;
    await say(mixerToMiner.openReveal, { taskId });
    const { artifact, salt } = (await hear(minerToMixer.reveal)) as ValueOf<typeof Reveal>;
    const root = new SigningRoots(chain).of(messageTypes.precommit, Precommit, precommit);
    expect(nativeVerifier.ed25519(row.publicKey, root, signature)).toBe(true);
    const artifactRoot = Artifact.hashTreeRoot(artifact);
    const given = { artifactRoot, salt, requestHash: InferencePayload.hashTreeRoot(payload), model: 0 };
    expect(equalBytes(precommitHash(given), precommit.hash)).toBe(true);
    const signedFor = { ...payload, maxTokens: 5 };
    const framed = [{ requestHash: InferencePayload.hashTreeRoot(signedFor) }, { model: 1 }];
    for (const other of framed) expect(equalBytes(precommitHash({ ...given, ...other }), precommit.hash)).toBe(false);
  });

  it('is mended by the node before anybody hears of it, when its backend comes back', async () => {
    const failing = new Set([0]);
    const net = await startNetwork({
      miners: 1,
      params: { deadlines },
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
    const hostile = new Hostile(event);
    const net = await startNetwork({
      miners: 2,
      params: { deadlines },
      modelOf: (miner) => (miner === 0 ? hostile : new SimulatedModel('registered')),
    });
    for (let asked = 0; hostile.sent === 0 && asked < 20; asked++) await codeOf(net.ask({ seed: asked }));
    expect(hostile.sent).toBeGreaterThan(0);
    // What the queue of one stream holds, and a little that was under way.
    expect(hostile.sent).toBeLessThan(400);
  });

  it('is not held up by a client that does not read: its miner ends in time (§5.18)', async () => {
    const net = await startNetwork({
      miners: 1,
      params: { deadlines: { ...deadlines, stallMs: 300, generationMs: 600 } },
    });
    const { signal } = new AbortController();
    const { taskId } = await net.built.gateway.ask(net.apiKey, net.request({ maxTokens: 1000 }), signal);
    const id = `0x${taskId.slice(2)}`;
    await net.until(() => net.task(id) !== null);
    expect(net.task(id)?.receipt.tokensOut).toBe(1000);
    expect(strikesOf(net)).toEqual([0]);
  });
});
