import { drawMiners, drawTable } from '@assay/ledger';
import { devnetParams, names } from '@assay/node/devnet/genesis';
import { type InferencePayload, MixerToMiner } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { peerIdOf } from '@assay/roles/ports/network';
import type { RandomStream } from '@assay/roles/ports/runtime';
import { promptTokensBound } from '@assay/roles/prompt-bound';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import type { Heard } from '../src/spy.ts';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

const miners = 4;
const epochBlocks = 32;
/** Tasks of each kind that are seen before the distinguisher is made. */
const wanted = 200;
const longestMs = 300_000;

/** What a miner can tell of a task when it gets it, in numbers. */
type View = Readonly<Record<string, number>>;

interface Example {
  readonly taskId: string;
  readonly view: View;
  /** As it would look with an id that was not drawn to fit. */
  readonly misfit: View;
}

type Prepare = { taskId: Uint8Array; model: number; maxTokensIn: number; maxTokensOut: number; mixer: number };

/** Notes what each miner sees of every task, from what comes over its streams and from the chain. */
class Observer {
  readonly examples: Example[] = [];
  readonly #net: World;
  readonly #prepares = new Map<string, { prepare: Prepare; bytes: number; open: number; rank: number }>();
  /** Time of the last probe, and of the last task, by miner and by miner and mixer. */
  readonly #lastMs = new Map<string, number>();
  readonly #prompts = new Map<string, number>();
  readonly #misfits: RandomStream;
  #blockMs = 0;

  constructor(net: World) {
    this.#net = net;
    this.#misfits = net.runtime.random('misfits');
    net.chain.onBlock(() => {
      this.#blockMs = this.#net.runtime.monotonicMs();
    });
    net.network.spy.onHeard((heard) => this.#hear(heard));
  }

  #hear(heard: Heard): void {
    const { to, from, protocol } = heard;
    if (protocol === protocols.ping || protocol === protocols.data) {
      for (const key of [`probe ${to}`, `probe ${to} ${from}`]) this.#lastMs.set(key, this.#net.runtime.monotonicMs());
    }
    if (protocol !== protocols.serve || heard.index > 1) return;
    const said = MixerToMiner.deserialize(heard.message);
    const key = `${to} ${heard.stream}`;
    if (said.kind === 'prepare') {
      const prepare = said.value;
      const { open, message } = heard;
      this.#prepares.set(key, { prepare, bytes: message.length, open, rank: this.#rankOf(prepare, to) });
    }
    const begun = this.#prepares.get(key);
    if (said.kind !== 'start' || begun === undefined) return;
    const { payload } = said.value;
    const view = this.#viewOf(heard, begun, payload);
    const rank = this.#rankOf({ ...begun.prepare, taskId: this.#misfits.bytes(32) }, to);
    const misfit = { ...view, rank, isDrawnFirst: rank < 2 ? 1 : 0 };
    this.examples.push({ taskId: toHex(begun.prepare.taskId), view, misfit });
  }

  /** Where the id draws this miner, by the beacon and the weights that everybody knows. */
  #rankOf({ taskId, model, maxTokensIn, maxTokensOut }: Prepare, to: string): number {
    const state = this.#net.chain.head();
    const request = { taskId, kind: 'user' as const, domain: 0, model, payer: new Uint8Array(20) };
    const asked = { ...request, maxTokensIn, maxTokensOut, dedicatedMiners: [], drawHeight: state.globals.height };
    const ranks = drawMiners(drawTable(state), asked, miners);
    return ranks.findIndex(({ miner }) => peerIdOf(state.miners.at(miner)) === to);
  }

  #viewOf(
    { to, from, message }: Heard,
    { prepare, bytes, open, rank }: { prepare: Prepare; bytes: number; open: number; rank: number },
    payload: InferencePayload,
  ): View {
    const state = this.#net.chain.head();
    const now = this.#net.runtime.monotonicMs();
    const since = (key: string) => Math.min(now - (this.#lastMs.get(key) ?? 0), 10_000);
    const prompt = payload.messages.map(({ content }) => content).join('\n');
    const seen = this.#prompts.get(`${to} ${prompt}`) ?? 0;
    this.#prompts.set(`${to} ${prompt}`, seen + 1);
    const bound = promptTokensBound(payload, state.models.at(prepare.model).contextTokens - payload.maxTokens);
    const view = {
      rank,
      isDrawnFirst: rank < 2 ? 1 : 0,
      prepareBytes: bytes,
      startBytes: message.length,
      maxTokens: payload.maxTokens,
      temperature: payload.sampling.temperatureMicro,
      topP: payload.sampling.topPMicro,
      seed: payload.sampling.seed,
      stops: payload.stop.length,
      topLogprobs: payload.topLogprobs,
      nonce: payload.nonce[0] ?? 0,
      messages: payload.messages.length,
      promptBytes: prompt.length,
      beyondBound: prepare.maxTokensIn - bound,
      beyondMaxTokens: prepare.maxTokensOut - payload.maxTokens,
      mixer: prepare.mixer,
      tasksHere: open,
      seenBefore: seen,
      sinceProbeMs: since(`probe ${to}`),
      sinceOwnProbeMs: since(`probe ${to} ${from}`),
      sinceTaskMs: since(`task ${to}`),
      sinceOwnTaskMs: since(`task ${to} ${from}`),
      sinceBlockMs: now - this.#blockMs,
      placeInEpoch: state.globals.height % epochBlocks,
    };
    for (const key of [`task ${to}`, `task ${to} ${from}`]) this.#lastMs.set(key, now);
    return view;
  }
}

interface Stump {
  readonly name: string;
  readonly threshold: number;
  readonly isAbove: boolean;
  readonly advantage: number;
}

const share = (views: readonly View[], { name, threshold, isAbove }: Omit<Stump, 'advantage'>) =>
  views.filter((view) => (view[name] ?? 0) > threshold === isAbove).length / views.length;

/** How much more often it says "challenge" of a challenge than of a user's task. */
const advantageOf = (stump: Omit<Stump, 'advantage'>, challenges: readonly View[], users: readonly View[]) =>
  share(challenges, stump) - share(users, stump);

/** The threshold on each number that tells the two apart best. */
function train(challenges: readonly View[], users: readonly View[]): Stump[] {
  const features = Object.keys(users[0] ?? {});
  return features.map((name) => {
    const values = [...new Set([...challenges, ...users].map((view) => view[name] ?? 0))];
    const stumps = values.flatMap((threshold) => [true, false].map((isAbove) => ({ name, threshold, isAbove })));
    const rated = stumps.map((stump) => ({ ...stump, advantage: advantageOf(stump, challenges, users) }));
    return rated.reduce((best, each) => (each.advantage > best.advantage ? each : best));
  });
}

/** Users of four sessions, one at each mixer, until it is over. */
async function traffic(net: World, users: Set<string>, isOver: () => boolean): Promise<void> {
  const chance = net.runtime.random('traffic');
  const random = () => chance.int(2 ** 32) / 2 ** 32;
  const keys = await Promise.all(
    [0, 1, 2, 3].map((homeMixer) => net.openSession(names.payer, { homeMixer, sharesPrompts: true })),
  );
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
  const asked: Promise<unknown>[] = [];
  for (let count = 0; !isOver(); count++) {
    const request = {
      messages: [{ role: 'user' as const, content: `${count} ${'x'.repeat(Math.floor(random() * 200))}` }],
      maxTokens: 1 + Math.floor(random() * 40),
      temperatureMicro: pick([500_000, 1_000_000]),
      topPMicro: pick([900_000, 1_000_000]),
      seed: Math.floor(random() * 2 ** 32),
      stop: pick([[], ['§'], ['§', '¶']]),
      topLogprobs: pick([null, 0, 3]),
    };
    const task = net.ask(request, pick(keys)).then(({ taskId }) => users.add(taskId.slice(2)));
    asked.push(task.catch(() => {}));
    await net.runtime.sleep(Math.round(-100 * Math.log(1 - random())));
  }
  await Promise.all(asked);
}

describe('a miner that tries to tell challenges from users’ tasks (§15.5–§15.7)', () => {
  it('does not, by any number it sees of them', async () => {
    const net = await startWorld({
      miners,
      params: {
        epochBlocks,
        challenges: { lambdaMilli: 8000, alpha: 1, bandwidthCap: 125_000_000n },
        // Its prompts and answers are of all three classes (§6.6).
        steering: { floorPpb: 100_000_000, dataTokensIn: 180, computeTokensOut: 20 },
        audit: { ...devnetParams.audit, newMinerTasks: 1_000_000 },
      },
    });
    const observer = new Observer(net);
    const users = new Set<string>();
    const isUsers = ({ taskId }: Example) => users.has(taskId);
    const kinds = () => {
      // The first epochs have no known answers yet: then all tasks are users'.
      const first = observer.examples.findIndex((example) => !isUsers(example));
      const seen = first === -1 ? [] : observer.examples.slice(first);
      return { challenges: seen.filter((each) => !isUsers(each)), users: seen.filter(isUsers) };
    };
    const isEnough = () => Math.min(kinds().challenges.length, kinds().users.length) >= wanted;
    await traffic(net, users, () => isEnough() || net.runtime.monotonicMs() > longestMs);
    const seen = kinds();
    expect(seen.challenges.length).toBeGreaterThanOrEqual(wanted);
    const half = (examples: readonly Example[], parity: number, look: 'view' | 'misfit' = 'view') =>
      examples.filter((_, index) => index % 2 === parity).map((example) => example[look]);
    const tell = (look: 'view' | 'misfit') => {
      const [first, second] = [0, 1].map((parity) => half(seen.challenges, parity, look));
      const stumps = train(first ?? [], half(seen.users, 0)).toSorted((a, b) => b.advantage - a.advantage);
      return stumps.map((stump) => ({ ...stump, tested: advantageOf(stump, second ?? [], half(seen.users, 1)) }));
    };
    const tested = tell('view');
    // Four standard deviations of an advantage that is measured on half of them, and is truly nothing.
    const bound = 4 * Math.sqrt(0.5 / seen.challenges.length + 0.5 / seen.users.length);
    const lines = tested.map(({ name, advantage, tested: held }) => {
      return `${name}: ${advantage.toFixed(3)} where it was found, ${held.toFixed(3)} on the other half`;
    });
    const counts = `${seen.challenges.length} challenges, ${seen.users.length} users’ tasks; bound ${bound.toFixed(3)}`;
    process.stdout.write(`${counts}\n${lines.join('\n')}\n`);
    for (const { name, tested: held } of tested) expect(held, name).toBeLessThan(bound);
    // It would be told by its id alone, if that did not fit: half of all ids draw half of four miners first.
    expect(Math.max(...tell('misfit').map((stump) => stump.tested))).toBeGreaterThan(bound);
  }, 180_000);
});
