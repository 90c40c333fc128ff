import type {
  Artifact,
  InferencePayload,
  MeasuredMiner,
  Offence,
  Receipt,
  Ref,
  TaskAnnouncement,
  TaskEvidence,
  TransitionOrder,
} from '@assay/protocol';
import type { FinishedTask, LateTask } from './attestations.ts';

/** Where a mixer's own task stands. */
export type TaskStep = Omit<TaskAnnouncement, 'mixer' | 'timeMs'>;

/** The request of a known answer, with an id whose draw asks one miner first (§15.5). */
export interface Challenge {
  readonly taskId: Uint8Array;
  readonly draw: readonly number[];
  readonly order: readonly number[];
  readonly model: Ref<'models'>;
  readonly payload: InferencePayload;
}

/** What a miner gave for a challenge. */
export interface ChallengeAnswer {
  readonly receipt: Receipt;
  readonly evidence: TaskEvidence;
  readonly artifact: Artifact;
}

/** What the parts of a mixer tell each other, and it. Each is said by one part, and is for one other. */
export type PartMessage =
  /** task → transition: to be announced. */
  | { readonly type: 'stepped'; readonly step: TaskStep }
  /** task → batch: to be certified soon. */
  | { readonly type: 'late'; readonly late: LateTask }
  /** task → batch: to be certified as soon as all that was put into the store before is durable. */
  | { readonly type: 'finished'; readonly finished: FinishedTask }
  /** task → measure. */
  | { readonly type: 'answered'; readonly answer: ChallengeAnswer }
  /** task → measure: nothing more will come of a challenge. */
  | { readonly type: 'challengeEnded'; readonly taskId: Uint8Array }
  /** task → the mixer: to be reported. */
  | { readonly type: 'offence'; readonly offence: Offence }
  /** batch → task: an earlier run finished it, and it has no certificate yet. */
  | { readonly type: 'waiting'; readonly receipt: Receipt }
  /** batch → task: it is on the chain, or was discarded. The key is that of `Pending`. */
  | { readonly type: 'dropped'; readonly key: string }
  /** measure → task: to be run like any task. */
  | { readonly type: 'challenge'; readonly challenge: Challenge }
  /** measure → batch: to be certified with the next batch. */
  | { readonly type: 'measured'; readonly measured: MeasuredMiner }
  /** transition → task: of a task of this mixer; its votes hold. */
  | { readonly type: 'ordered'; readonly order: TransitionOrder }
  /** transition → task: it was not taken away, however often it was said that it is due. */
  | { readonly type: 'stuck'; readonly taskId: Uint8Array };
