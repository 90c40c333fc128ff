import { type Artifact, type InferencePayload, toHex } from '@assay/protocol';
import { type Challenge, hashRateOf, isRight } from './challenge.ts';
import type { KnownAnswer } from './known-answers.ts';
import type { TaskRun } from './task-run.ts';

/** What the challenges to one miner came to. */
export interface BurstValues {
  readonly failed: number;
  /** Zero is not measured. */
  readonly hashRate: bigint;
}

/** What a burst needs of its mixer. */
export interface BurstHost {
  readonly nowMs: () => number;
  challengeOf(answer: KnownAnswer): Challenge;
  /** Runs a challenge like any task; `done` gets the artifact if the miner makes one. */
  run(challenge: Challenge, done: (artifact: Artifact) => void): TaskRun;
}

/** The challenges of one mixer to one miner in an epoch, some of them at once (§15.3). */
export class Burst {
  readonly #host: BurstHost;
  readonly #runs = new Map<string, TaskRun>();
  readonly #over = Promise.withResolvers<void>();
  #isOver = false;
  #isDisturbed = false;
  #failed = 0;
  #rightTokens = 0;
  #lastMs = 0;

  constructor(host: BurstHost) {
    this.#host = host;
  }

  async run(answers: readonly KnownAnswer[], atOnce: number): Promise<BurstValues> {
    const startedMs = this.#host.nowMs();
    const left = [...answers];
    const lane = async () => {
      for (let next = left.pop(); next !== undefined && !this.#isOver; next = left.pop()) await this.#ask(next);
    };
    await Promise.race([Promise.all(Array.from({ length: atOnce }, lane)), this.#over.promise]);
    this.#isOver = true;
    const isMeasured = this.#rightTokens > 0 && !this.#isDisturbed;
    const hashRate = isMeasured ? hashRateOf(this.#rightTokens, this.#lastMs - startedMs) : 0n;
    return { failed: this.#failed, hashRate };
  }

  /** Another task is at the miner: it goes first, and how fast the miner is can no longer be told. */
  heard(taskId: Uint8Array): void {
    if (this.#isOver || this.#runs.has(toHex(taskId))) return;
    this.#isDisturbed = true;
    this.cut();
  }

  /** Leaves what has no answer yet. */
  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const run of this.#runs.values()) void run.dispatch({ type: 'clientLeft', nowMs: this.#host.nowMs() });
    this.#over.resolve();
  }

  async #ask(answer: KnownAnswer): Promise<void> {
    const challenge = this.#host.challengeOf(answer);
    const id = toHex(challenge.task.taskId);
    const run = this.#host.run(challenge, (artifact) => this.#judge(answer, challenge.payload, artifact));
    this.#runs.set(id, run);
    run.begin();
    await run.finished;
    this.#runs.delete(id);
  }

  #judge(answer: KnownAnswer, payload: InferencePayload, artifact: Artifact): void {
    if (this.#isOver) return;
    const right = isRight(answer, payload, artifact);
    if (right === false) this.#failed++;
    if (right !== true) return;
    this.#rightTokens += payload.maxTokens;
    this.#lastMs = this.#host.nowMs();
  }
}
