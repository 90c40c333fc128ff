import { type BlockResult, challengeSigningRoot } from '@assay/ledger';
import {
  type Artifact,
  type ArtifactBundle,
  type DisputedChallenge,
  type DisputeEvidence,
  equalBytes,
  limits,
  type NodeTransaction,
  type Receipt,
  type TaskEvidence,
} from '@assay/protocol';
import type { Endpoint } from '../../../network/port.ts';
import type { RoleContext, SigningRoots } from '../../context.ts';
import { fetchArtifact } from '../../fetch-artifact.ts';
import { ofReport, reportKey } from '../attestations.ts';
import type { CommitteeSigner } from '../batch/service.ts';
import type { TaskRun } from '../task/run.ts';
import { type Challenge, challengeOf, type DrawSource, hashRateOf, isRight, keeperOf } from './challenge.ts';
import { type Duty, noAgenda, type Planner, plan, spreadBlocks } from './duties.ts';
import { type KnownAnswer, KnownAnswers } from './known-answers.ts';
import { LinkProbe, type LinkValues } from './link-probe.ts';

/** What a miner gave for a challenge. */
export interface ChallengeAnswer {
  readonly receipt: Receipt;
  readonly evidence: TaskEvidence;
  readonly artifact: Artifact;
}

/** What measuring needs of its mixer. */
export interface MeasuringHost {
  readonly mixer: number;
  readonly signer: CommitteeSigner;
  /** Node transactions that wait for a certificate. */
  readonly pending: ReadonlyMap<string, NodeTransaction>;
  add(node: NodeTransaction): void;
  /** What this mixer itself keeps of a task. */
  artifactOf(taskId: Uint8Array): ArtifactBundle | null;
  /** Keeps the artifact of a challenge for those who will audit it. */
  keepDisputed(taskId: Uint8Array, bundle: ArtifactBundle): Promise<void>;
  /** What the mixer draws users' tasks from. */
  draws(): Omit<DrawSource, 'state' | 'random'>;
  /** Runs a challenge like any task; `done` gets the answer if the miner gives one. */
  run(challenge: Challenge, endpoint: Endpoint, done: (answer: ChallengeAnswer) => Promise<void>): TaskRun;
}

/** Draws that are tried for one challenge, each at a time of its own: about every second is for another miner. */
const challengeTries = 6;
const keyOf = ({ epoch, miner }: Pick<Duty, 'epoch' | 'miner'>) => `${epoch}/${miner}`;

/** What was found of one miner for a report. */
interface Found {
  readonly disputed: { readonly challenge: DisputedChallenge; readonly evidence: DisputeEvidence }[];
  rightTokens: number;
  tookMs: number;
  link: LinkValues;
}

/** Measures the miners that its own reveal draws for this mixer, each thing at a time of its own, and reports (§8). */
export class Measuring {
  readonly #context: RoleContext;
  readonly #host: MeasuringHost;
  readonly #probe: LinkProbe;
  readonly #planner: Planner;
  readonly #known: KnownAnswers;
  readonly #found = new Map<string, Found>();
  #agenda = noAgenda;

  constructor(context: RoleContext, roots: SigningRoots, host: MeasuringHost) {
    this.#context = context;
    this.#host = host;
    this.#probe = new LinkProbe(context, roots);
    this.#known = new KnownAnswers(context.store, context.runtime);
    this.#planner = {
      mixer: host.mixer,
      reveal: (epoch) => host.signer.sign(challengeSigningRoot(context.chain.identity, epoch)),
      hasReported: ({ miner, reveal }) => {
        const node = host.pending.get(reportKey({ miner }))?.value;
        return node !== undefined && 'report' in node && equalBytes(node.report.reveal, reveal);
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
    if (index === undefined || keeperOf(state, taskId) !== this.#host.mixer) return;
    const task = state.tasks.at(index);
    if (state.sessions.get(task.session)?.sharesPrompts !== true) return;
    const expiryHeight = state.globals.height + limits.knownEpochs * state.params.epochBlocks;
    const bundle = this.#host.artifactOf(taskId) ?? (await fetchArtifact(endpoint, { state, verifier, runtime }, task));
    if (bundle !== null) this.#known.keep(task, bundle, expiryHeight);
  }

  async #take(duty: Duty, endpoint: Endpoint): Promise<void> {
    if (duty.what !== 'report') this.#found.set(keyOf(duty), this.#foundOf(duty));
    if (duty.what === 'challenge') return this.#challenge(duty, endpoint);
    await this.#wait();
    if (duty.what === 'report') return this.#report(duty);
    const link = await this.#probe.measure(endpoint, duty.miner);
    this.#foundOf(duty).link = link;
  }

  /** Made for its report; what comes after that counts for nothing. */
  #foundOf(duty: Duty): Found {
    const none: Found = { disputed: [], rightTokens: 0, tookMs: 0, link: { latencyMs: 0, bandwidth: 0n } };
    return this.#found.get(keyOf(duty)) ?? none;
  }

  /** Not at the time of a block: a random one in some blocks after it (§15.4). */
  #wait(): Promise<void> {
    const { chain, runtime } = this.#context;
    const { blockTimeMs } = chain.head().params;
    return runtime.sleep(runtime.random('times of measuring').int(spreadBlocks * blockTimeMs));
  }

  /** §15.5 While a user's task would go to another miner, the challenge waits too. */
  async #challenge(duty: Duty, endpoint: Endpoint): Promise<void> {
    const { chain, store, runtime } = this.#context;
    const { random } = runtime;
    const known = this.#known.take(duty.miner, chain.head());
    if (known === null) return;
    // What is written is durable about when a block is: the random time comes after it.
    await store.flushed();
    for (let tries = 0; tries < challengeTries; tries++) {
      await this.#wait();
      const challenge = challengeOf(known, duty.miner, { ...this.#host.draws(), state: chain.head(), random });
      if (challenge === null) continue;
      const { payload } = challenge;
      return this.#host.run(challenge, endpoint, (answer) => this.#judge(duty, { known, payload }, answer)).begin();
    }
  }

  async #judge(
    duty: Duty,
    { known, payload }: { readonly known: KnownAnswer; readonly payload: Challenge['payload'] },
    { receipt, evidence, artifact }: ChallengeAnswer,
  ): Promise<void> {
    const found = this.#foundOf(duty);
    const right = isRight(known, artifact);
    if (right === null) return;
    if (right) {
      found.rightTokens += receipt.tokensOut;
      found.tookMs += receipt.totalMs;
      return;
    }
    if (found.disputed.length === limits.maxDisputed) return;
    const { taskId, model, tokensIn, tokensOut, requestHash, artifactRoot, ticket } = receipt;
    const { precommitSignature, salt } = evidence;
    await this.#host.keepDisputed(taskId, { ticket, payload, reveal: { artifact, salt, precommitSignature } });
    const challenge = { taskId, knownTaskId: known.taskId, model, tokensIn, tokensOut, requestHash, artifactRoot };
    found.disputed.push({ challenge, evidence: { precommitSignature, salt } });
  }

  /** §15.4 A report in which nothing is measured is not made. */
  #report(duty: Duty): void {
    const { miner, epoch } = duty;
    const { disputed, rightTokens, tookMs, link } = this.#foundOf(duty);
    this.#found.delete(keyOf(duty));
    const hashRate = rightTokens === 0 ? 0n : hashRateOf(rightTokens, tookMs);
    const isEmpty = disputed.length === 0 && hashRate === 0n && link.bandwidth === 0n && link.latencyMs === 0;
    if (isEmpty || this.#context.chain.head().globals.epoch !== epoch) return;
    const challenges = disputed.map(({ challenge }) => challenge);
    const report = { miner, reveal: this.#planner.reveal(epoch), disputed: challenges, hashRate, ...link };
    this.#host.add(ofReport({ report, evidence: disputed.map(({ evidence }) => evidence) }));
  }
}
