import { randomInt } from 'node:crypto';
import {
  type ArtifactBundle,
  EngineInfo,
  InferencePayload,
  limits,
  listOfU32,
  type MinerRow,
  outputIds,
  type TaskRow,
  toHex,
  U32,
  type ValueOf,
} from '@assay/protocol';
import { ContainerType } from '@chainsafe/ssz';
import type { RoleStore } from '../../store/role-store.ts';

/** An answer that an audit approved (§15.3). */
const KnownAnswer = new ContainerType(
  {
    model: U32,
    /** Who gave it, and with what. */
    miner: U32,
    engine: EngineInfo,
    payload: InferencePayload,
    /** Its first token ids. */
    ids: listOfU32(limits.challengeTokens),
    /** Miners that were asked for it: each is asked once. */
    givenTo: listOfU32(limits.challengeMiners),
  },
  { typeName: 'KnownAnswer' },
);
export type KnownAnswer = ValueOf<typeof KnownAnswer>;

/** Answers one mixer keeps; the first that came go first. */
const maxAnswers = 256;
const answerKey = (id: string) => `known/${id}`;

/** The answers a mixer can ask miners for, since it knows them (§15.3); kept over a restart. */
export class KnownAnswers {
  readonly #store: RoleStore;
  readonly #answers = new Map<string, KnownAnswer>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  restore(): void {
    for (const { key, value } of this.#store.entries(answerKey(''))) {
      this.#answers.set(key.slice(answerKey('').length), KnownAnswer.deserialize(value));
    }
  }

  /** Keeps the answer to a task; one of a few tokens would tell two models apart too seldom. */
  keep({ taskId, model, miner }: TaskRow, { payload, reveal: { artifact } }: ArtifactBundle): void {
    const ids = outputIds(artifact).slice(0, limits.challengeTokens);
    if (ids.length < limits.minChallengeTokens) return;
    this.#put(toHex(taskId), { model, miner, engine: artifact.engine, payload, ids, givenTo: [] });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxAnswers && oldest !== undefined) this.#drop(oldest);
  }

  /** At most `count` answers of other miners that this one was not asked for; from now on it was. */
  take(miner: number, { models }: Pick<MinerRow, 'models'>, count: number): KnownAnswer[] {
    const fit = [...this.#answers].filter(
      ([, answer]) => answer.miner !== miner && models.includes(answer.model) && !answer.givenTo.includes(miner),
    );
    const taken: KnownAnswer[] = [];
    while (taken.length < count && fit.length > 0) {
      for (const [id, answer] of fit.splice(randomInt(fit.length), 1)) {
        taken.push(answer);
        const givenTo = [...answer.givenTo, miner];
        if (givenTo.length < limits.challengeMiners) this.#put(id, { ...answer, givenTo });
        else this.#drop(id);
      }
    }
    return taken;
  }

  #put(id: string, answer: KnownAnswer): void {
    this.#answers.set(id, answer);
    this.#store.put(answerKey(id), KnownAnswer.serialize(answer));
  }

  #drop(id: string): void {
    this.#answers.delete(id);
    this.#store.delete(answerKey(id));
  }
}
