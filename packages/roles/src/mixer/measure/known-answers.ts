import { type LedgerView, namesEngine } from '@assay/ledger';
import {
  type ArtifactBundle,
  EngineInfo,
  Height,
  InferencePayload,
  limits,
  listOfRefs,
  outputIds,
  type Ref,
  ref,
  type TaskRow,
} from '@assay/protocol';
import { Bytes32, equalBytes, listOfU32, toHex, U32, type ValueOf } from '@assay/ssz';
import { ContainerType } from '@chainsafe/ssz';
import type { Runtime } from '../../ports/runtime.ts';
import type { RoleStore } from '../../ports/store.ts';

/** An answer that an audit approved, to a request that may be asked of others (§15.3). */
const KnownAnswer = new ContainerType(
  {
    taskId: Bytes32,
    model: ref('models'),
    /** Who gave it, and with what. */
    miner: ref('miners'),
    engine: EngineInfo,
    payload: InferencePayload,
    /** Its first token ids, and how many it has in all. */
    ids: listOfU32(limits.knownTokens),
    tokens: U32,
    /** Miners that were asked for it: each is asked once. */
    givenTo: listOfRefs('miners', limits.knownMiners),
    /** Height from which it is asked of nobody. */
    expiryHeight: Height,
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
  readonly #runtime: Pick<Runtime, 'random'>;
  readonly #answers = new Map<string, KnownAnswer>();

  constructor(store: RoleStore, runtime: Pick<Runtime, 'random'>) {
    this.#store = store;
    this.#runtime = runtime;
  }

  restore(): void {
    for (const { key, value } of this.#store.entries(answerKey(''))) {
      this.#answers.set(key.slice(answerKey('').length), KnownAnswer.deserialize(value));
    }
  }

  /** Keeps a whole answer, long or short as users' are; of text alone there is nothing to compare. */
  keep(
    { taskId, model, miner }: TaskRow,
    { payload, reveal: { artifact } }: ArtifactBundle,
    expiryHeight: number,
  ): void {
    const ids = outputIds(artifact);
    if (ids.length === 0 || artifact.finish === 'cancelled') return;
    const { engine } = artifact;
    const known = { taskId, model, miner, engine, payload, tokens: ids.length, givenTo: [], expiryHeight };
    this.#put(toHex(taskId), { ...known, ids: ids.slice(0, limits.knownTokens) });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxAnswers && oldest !== undefined) this.#drop(oldest);
  }

  /** Forgets what has expired; the store does it by itself. */
  expire(height: number): void {
    for (const [id, { expiryHeight }] of this.#answers) if (expiryHeight <= height) this.#answers.delete(id);
  }

  /** An answer of its engine that nobody of this miner's people gave or was asked for; from now on this miner was. */
  take(miner: Ref<'miners'>, { miners }: { readonly miners: Pick<LedgerView['miners'], 'at'> }): KnownAnswer | null {
    const asked = miners.at(miner);
    const { models, operator, owner } = asked;
    const isStranger = (other: number) => {
      const row = miners.at(other);
      return !equalBytes(row.operator, operator) && !equalBytes(row.owner, owner);
    };
    const fit = [...this.#answers].filter(
      ([, { model, miner: maker, engine, givenTo }]) =>
        models.includes(model) && namesEngine(asked, engine, false) && [maker, ...givenTo].every(isStranger),
    );
    const index = fit.length === 0 ? 0 : this.#runtime.random('known answers').int(fit.length);
    const [id, answer] = fit[index] ?? [];
    if (id === undefined || answer === undefined) return null;
    const givenTo = [...answer.givenTo, miner];
    if (givenTo.length < limits.knownMiners) this.#put(id, { ...answer, givenTo });
    else this.#drop(id);
    return answer;
  }

  #put(id: string, answer: KnownAnswer): void {
    this.#answers.set(id, answer);
    this.#store.put(answerKey(id), KnownAnswer.serialize(answer), answer.expiryHeight);
  }

  #drop(id: string): void {
    this.#answers.delete(id);
    this.#store.delete(answerKey(id));
  }
}
