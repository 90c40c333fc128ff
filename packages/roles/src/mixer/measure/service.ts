import { type BlockResult, challengeSigningRoot, namesEngine } from '@assay/ledger';
import { type DisputedChallenge, type DisputeEvidence, limits, noKnownTask } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import type { RoleContext } from '../../context.ts';
import { fetchArtifact } from '../../fetch-artifact.ts';
import type { Endpoint } from '../../ports/network.ts';
import { reportKey } from '../attestations.ts';
import { keeperOf } from '../committee.ts';
import type { Ground } from '../ground.ts';
import type { Challenge, ChallengeAnswer } from '../part-messages.ts';
import { challengeOf, type DrawSource, hashRateOf, isRight } from './challenge.ts';
import { type Duty, noAgenda, type Planner, plan, spreadBlocks } from './duties.ts';
import { freshRequest } from './fresh.ts';
import { type KnownAnswer, KnownAnswers } from './known-answers.ts';
import { LinkProbe, type LinkValues } from './link-probe.ts';

/** Draws that are tried for one challenge, each at a time of its own: about every second is for another miner. */
const challengeTries = 6;
const keyOf = ({ epoch, miner }: Pick<Duty, 'epoch' | 'miner'>) => `${epoch}/${miner}`;

/** What was found of one miner for a report. */
interface Found {
  readonly disputed: { readonly challenge: DisputedChallenge; readonly evidence: DisputeEvidence }[];
  /** Challenges that came to an end, and those answered right. */
  asked: number;
  right: number;
  /** Of what is right, and of what auditors have still to judge because nobody knows the answer. */
  tokens: number;
  tookMs: number;
  link: LinkValues;
}

/** A challenge that a miner has now, and what it is for. */
interface Asked {
  readonly duty: Duty;
  /** Null for a fresh one. */
  readonly known: KnownAnswer | null;
  readonly payload: Challenge['payload'];
}

/** Measures the miners that its own reveal draws for this mixer, each thing at a time of its own, and reports (§8). */
export class Measuring {
  readonly #ground: Ground;
  readonly #context: RoleContext;
  readonly #probe: LinkProbe;
  readonly #planner: Planner;
  readonly #known: KnownAnswers;
  readonly #found = new Map<string, Found>();
  /** Lines that are being measured, by miner and epoch. */
  readonly #links = new Map<string, Promise<void>>();
  /** By the ids of the challenges. */
  readonly #asked = new Map<string, Asked>();
  #agenda = noAgenda;

  constructor(ground: Ground) {
    const { context, roots, mixer, committeeSigner, pending } = ground;
    this.#ground = ground;
    this.#context = context;
    this.#probe = new LinkProbe(context, roots);
    this.#known = new KnownAnswers(context.store, context.runtime);
    this.#planner = {
      mixer,
      reveal: (epoch) => committeeSigner.sign(challengeSigningRoot(context.chain.identity, epoch)),
      hasReported: ({ miner, reveal }) => {
        const reported = pending.all.get(reportKey({ miner }))?.value;
        return reported !== undefined && 'report' in reported && equalBytes(reported.report.reveal, reveal);
      },
    };
  }

  /** Takes up what an earlier run knew. */
  restore(): void {
    this.#known.restore();
  }

  /** Takes up what is due after a block. */
  onBlock({ events, height }: Pick<BlockResult, 'events' | 'height'>, endpoint: Endpoint): void {
    for (const event of events) {
      if (event.type === 'taskApproved' && event.audited) this.#try('an answer', this.#learn(event.taskId, endpoint));
    }
    this.#known.expire(height);
    const { agenda, due } = plan(this.#agenda, this.#context.chain.head(), this.#planner);
    this.#agenda = agenda;
    for (const duty of due) this.#try(`miner ${duty.miner}`, this.#take(duty, endpoint));
  }

  #try(what: string, work: Promise<void>): void {
    work.catch((error: Error) => this.#context.runtime.log(`${what} was not measured: ${error.message}`));
  }

  /** §15.3, §4.14 */
  async #learn(taskId: Uint8Array, endpoint: Endpoint): Promise<void> {
    const { chain, verifier, runtime } = this.#context;
    const state = chain.head();
    const index = state.taskOf(taskId);
    if (index === undefined || keeperOf(state, taskId) !== this.#ground.mixer) return;
    const task = state.tasks.at(index);
    if (state.sessions.get(task.session)?.sharesPrompts !== true) return;
    const expiryHeight = state.globals.height + limits.knownEpochs * state.params.epochBlocks;
    const own = this.#ground.artifacts.of(taskId);
    const bundle = own ?? (await fetchArtifact(endpoint, { state, verifier, runtime }, task));
    if (bundle !== null) this.#known.keep(task, bundle, expiryHeight);
  }

  async #take(duty: Duty, endpoint: Endpoint): Promise<void> {
    if (duty.what !== 'report') this.#found.set(keyOf(duty), this.#foundOf(duty));
    if (duty.what === 'challenge') return this.#challenge(duty);
    if (duty.what === 'report') return this.#report(duty);
    const work = this.#link(duty, endpoint);
    this.#links.set(keyOf(duty), work);
    await work.finally(() => this.#links.delete(keyOf(duty)));
  }

  async #link(duty: Duty, endpoint: Endpoint): Promise<void> {
    await this.#wait();
    const link = await this.#probe.measure(endpoint, duty.miner);
    this.#foundOf(duty).link = link;
  }

  /** Made for its report; what comes after that counts for nothing. */
  #foundOf(duty: Duty): Found {
    const link = { latencyMs: 0, bandwidth: 0n };
    const none: Found = { disputed: [], asked: 0, right: 0, tokens: 0, tookMs: 0, link };
    return this.#found.get(keyOf(duty)) ?? none;
  }

  /** Not at the time of a block: a random one in some blocks after it (§15.4). */
  #wait(): Promise<void> {
    const { chain, runtime } = this.#context;
    const { blockTimeMs } = chain.head().params;
    return runtime.sleep(runtime.random('times of measuring').int(spreadBlocks * blockTimeMs));
  }

  /** §15.5 While a user's task would go to another miner, the challenge waits too. */
  async #challenge(duty: Duty): Promise<void> {
    const { chain, store, runtime } = this.#context;
    const known = this.#known.take(duty.miner, chain.head());
    const request = known ?? freshRequest(chain.head().miners.at(duty.miner), runtime.random('fresh challenges'));
    if (request === null) return;
    // What is written is durable about when a block is: the random time comes after it.
    await store.flushed();
    for (let tries = 0; tries < challengeTries; tries++) {
      await this.#wait();
      const challenge = challengeOf(request, duty.miner, this.#drawSource());
      if (challenge === null) continue;
      this.#asked.set(toHex(challenge.taskId), { duty, known, payload: challenge.payload });
      return this.#ground.emit({ type: 'challenge', challenge });
    }
  }

  #drawSource(): DrawSource {
    const { drawTables, turns } = this.#ground;
    const { chain, runtime } = this.#context;
    const state = chain.head();
    const nowMs = runtime.nowMs();
    return {
      state,
      table: drawTables.at(state.globals.height, state),
      random: runtime.random,
      orderOf: (draw) => turns.order(draw, nowMs),
    };
  }

  /** What a miner gave for a challenge. */
  hear(answer: ChallengeAnswer): void {
    const asked = this.#taken(answer.receipt.taskId);
    if (asked !== undefined) this.#try(`miner ${asked.duty.miner}`, this.#judge(asked, answer));
  }

  /** §15.3.1 A challenge is over; one that was not answered counts as asked. */
  end(taskId: Uint8Array): void {
    const asked = this.#taken(taskId);
    if (asked !== undefined) this.#foundOf(asked.duty).asked++;
  }

  #taken(taskId: Uint8Array): Asked | undefined {
    const id = toHex(taskId);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  async #judge({ duty, known, payload }: Asked, { receipt, evidence, artifact }: ChallengeAnswer): Promise<void> {
    const found = this.#foundOf(duty);
    const matches = known === null ? false : isRight(known, artifact);
    if (matches === null && this.#isRegistered(receipt, artifact)) return;
    const isKnownRight = matches === true;
    const isFull = !isKnownRight && found.disputed.length === limits.maxDisputed;
    if (isFull) return;
    found.asked++;
    if (isKnownRight) found.right++;
    if (isKnownRight || known === null) {
      found.tokens += receipt.tokensOut;
      found.tookMs += receipt.totalMs;
    }
    if (isKnownRight) return;
    const { taskId, model, tokensIn, tokensOut, requestHash, artifactRoot, ticket } = receipt;
    const { precommitSignature, salt } = evidence;
    this.#ground.artifacts.put(taskId, { ticket, payload, reveal: { artifact, salt, precommitSignature } }, 1);
    await this.#context.store.flushed();
    const knownTaskId = known?.taskId ?? noKnownTask;
    const challenge = { taskId, knownTaskId, model, tokensIn, tokensOut, requestHash, artifactRoot };
    found.disputed.push({ challenge, evidence: { precommitSignature, salt } });
  }

  /** §3.8 Of an engine that the miner never registered auditors can tell; who names one says nothing else by it. */
  #isRegistered({ miner: index, drawHeight }: ChallengeAnswer['receipt'], { engine }: ChallengeAnswer['artifact']) {
    const { miners, params } = this.#context.chain.head();
    const miner = miners.at(index);
    return namesEngine(miner, engine, drawHeight < miner.engineEpoch * params.epochBlocks);
  }

  /** §15.4.1 With the line that is being measured, which ends soon; not made when nothing was measured. */
  async #report(duty: Duty): Promise<void> {
    const { miner, epoch } = duty;
    await this.#links.get(keyOf(duty))?.catch(() => {});
    const { disputed, asked, right, tokens, tookMs, link } = this.#foundOf(duty);
    this.#found.delete(keyOf(duty));
    const hashRate = tokens === 0 ? 0n : hashRateOf(tokens, tookMs);
    const isEmpty = asked === 0 && link.bandwidth === 0n && link.latencyMs === 0;
    if (isEmpty || this.#context.chain.head().globals.epoch !== epoch) return;
    const challenges = disputed.map(({ challenge }) => challenge);
    const report = {
      miner,
      reveal: this.#planner.reveal(epoch),
      disputed: challenges,
      asked,
      right,
      hashRate,
      ...link,
    };
    const measured = { report, evidence: disputed.map(({ evidence }) => evidence) };
    this.#ground.emit({ type: 'measured', measured });
  }
}
