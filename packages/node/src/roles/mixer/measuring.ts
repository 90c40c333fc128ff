import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type BlockResult, challengeSigningRoot, challengesOwed } from '@assay/ledger';
import {
  type Artifact,
  type ArtifactBundle,
  type ChallengeReport,
  equalBytes,
  type NodeTransaction,
  type TaskAnnouncement,
  taskStates,
} from '@assay/protocol';
import type { Endpoint } from '../../network/port.ts';
import type { RoleContext, SigningRoots } from '../context.ts';
import { fetchArtifact } from '../fetch-artifact.ts';
import type { Announcements } from './announcements.ts';
import type { CommitteeSigner } from './batches.ts';
import { Burst, type BurstValues } from './burst.ts';
import { type Challenge, challengeOf, keeperOf } from './challenge.ts';
import { type Duty, noAgenda, type Planner, plan } from './duties.ts';
import { KnownAnswers } from './known-answers.ts';
import { LineMeter } from './line.ts';
import { ofReport, reportKey } from './node-transactions.ts';
import type { TaskRun } from './task-run.ts';

/** What measuring needs of its mixer. */
export interface MeasuringHost {
  readonly mixer: number;
  readonly signer: CommitteeSigner;
  readonly announcements: Announcements;
  /** Node transactions that wait for a certificate. */
  readonly pending: ReadonlyMap<string, NodeTransaction>;
  add(node: NodeTransaction): void;
  /** What this mixer itself keeps of a task. */
  artifactOf(taskId: Uint8Array): ArtifactBundle | null;
  /** Runs a challenge like any task; `done` gets the artifact if the miner makes one. */
  run(challenge: Challenge, endpoint: Endpoint, done: (artifact: Artifact) => void): TaskRun;
}

/** Measures the miners this mixer was drawn for, each at a time of its own, and reports on them (§8). */
export class Measuring {
  readonly #context: RoleContext;
  readonly #host: MeasuringHost;
  readonly #meter: LineMeter;
  readonly #planner: Planner;
  readonly #known: KnownAnswers;
  /** By the miner they are at. */
  readonly #bursts = new Map<number, Burst>();
  #agenda = noAgenda;

  constructor(context: RoleContext, roots: SigningRoots, host: MeasuringHost) {
    this.#context = context;
    this.#host = host;
    this.#meter = new LineMeter(context, roots);
    this.#known = new KnownAnswers(context.store);
    this.#planner = {
      mixer: host.mixer,
      reveal: (turn) => host.signer.sign(challengeSigningRoot(context.chain, turn)),
      hasReported: ({ miner, reveal }) => {
        const node = host.pending.get(reportKey({ miner }))?.value;
        return node !== undefined && 'report' in node && equalBytes(node.report.reveal, reveal);
      },
      isIdle: (miner) => !host.announcements.isAt(miner, context.nowMs()),
    };
  }

  /** Takes up what an earlier run knew. */
  restore(): void {
    this.#known.restore();
  }

  /** Some mixer, perhaps this one, says where a task stands. */
  heard({ taskId, miner, state }: TaskAnnouncement): void {
    if (state !== taskStates.end) this.#bursts.get(miner)?.heard(taskId);
  }

  /** Takes up what is due after a block. */
  onBlock({ events }: Pick<BlockResult, 'events'>, endpoint: Endpoint): void {
    for (const event of events) {
      if (event.type === 'taskApproved' && event.audited) this.#try('an answer', this.#learn(event.taskId, endpoint));
    }
    const { agenda, due, isTooLate } = plan(this.#agenda, this.#context.engine.ledger.state, this.#planner);
    this.#agenda = agenda;
    if (isTooLate) for (const burst of this.#bursts.values()) burst.cut();
    for (const duty of due) this.#try(`miner ${duty.miner}`, this.#measure(duty, endpoint));
  }

  #try(what: string, work: Promise<void>): void {
    work.catch((error: Error) => this.#context.log(`${what} was not measured: ${error.message}`));
  }

  /** §15.3 */
  async #learn(taskId: Uint8Array, endpoint: Endpoint): Promise<void> {
    const { state } = this.#context.engine.ledger;
    const index = state.taskOf(taskId);
    if (index === undefined || keeperOf(state, taskId) !== this.#host.mixer) return;
    const task = state.tasks.at(index);
    const bundle =
      this.#host.artifactOf(taskId) ??
      (await fetchArtifact(endpoint, { state, verifier: this.#context.verifier }, task));
    if (bundle !== null) this.#known.keep(task, bundle);
  }

  async #measure(duty: Duty, endpoint: Endpoint): Promise<void> {
    const { miner, epoch, reveal } = duty;
    // Two mixers whose turn is after the same block hear of each other before the second begins (§15.4).
    const { blockTimeMs } = this.#context.engine.ledger.state.params;
    await delay(randomInt(blockTimeMs), undefined, { ref: false });
    const line = await this.#meter.measure(endpoint, miner);
    const burst = await this.#challenge(duty, endpoint);
    this.#report({ miner, reveal, ...burst, ...line }, epoch);
  }

  async #challenge({ miner, reveal }: Duty, endpoint: Endpoint): Promise<BurstValues> {
    const { nowMs, engine } = this.#context;
    const { state } = engine.ledger;
    const row = state.miners.at(miner);
    const owed = challengesOwed(reveal, state.params.challenges.lambdaMilli);
    const answers = this.#planner.isIdle(miner) ? this.#known.take(miner, row, owed) : [];
    if (answers.length === 0) return { failed: 0, hashRate: 0n };
    await this.#context.store.flushed();
    const burst = new Burst({
      nowMs,
      challengeOf: (answer) => challengeOf(answer, miner, { state, nowMs: nowMs() }),
      run: (challenge, done) => this.#host.run(challenge, endpoint, done),
    });
    this.#bursts.set(miner, burst);
    // One place stays free for a user.
    const values = await burst.run(answers, Math.max(row.concurrency - 1, 1));
    this.#bursts.delete(miner);
    return values;
  }

  /** §15.4 A report in which nothing is measured is not made. */
  #report(report: ChallengeReport, epoch: number): void {
    const { failed, hashRate, bandwidth, latencyMs } = report;
    const isEmpty = failed === 0 && hashRate === 0n && bandwidth === 0n && latencyMs === 0;
    if (isEmpty || this.#context.engine.ledger.state.globals.epoch !== epoch) return;
    this.#host.add(ofReport(report));
  }
}
