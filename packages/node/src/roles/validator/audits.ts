import { type AuditDuty, auditDuties } from '@assay/ledger';
import {
  AuditSecret,
  type BodyKind,
  type BodyValues,
  type Commitment,
  limits,
  type Opening,
  toHex,
  type ValueOf,
} from '@assay/protocol';
import type { Inclusion } from '../../consensus/port.ts';
import type { Endpoint } from '../../network/port.ts';
import type { RoleContext } from '../context.ts';
import { fetchArtifact } from '../fetch-artifact.ts';
import { type Measuring, measure } from './measure.ts';
import { feasibleDuties } from './schedule.ts';

export interface ValidatorOptions {
  readonly validator: number;
  /** How this validator runs registered models; null when it can run none. */
  readonly measuring: Measuring | null;
  readonly submit: <Kind extends BodyKind>(kind: Kind, value: BodyValues[Kind]) => Promise<Inclusion>;
}

type Secret = ValueOf<typeof AuditSecret>;
/** Of one audit of a task: a second one is measured anew (§8.8). */
const secretKey = (seed: Uint8Array) => `secret/${toHex(seed)}`;

/** Audits at once: one is fetched while another is measured. A backend that can do no more makes them wait. */
const lanes = 2;
/** How far the last audit moves what one is taken to need. */
const newest = 0.2;

/**
 * The audits of one validator (§14.4): measures what can still be committed to in time, and sends what is ready in one
 * list for each step and block, while it goes on measuring.
 */
export class Audits {
  readonly #context: RoleContext;
  readonly #options: ValidatorOptions;
  readonly #endpoint: Endpoint;
  /** Measured, and not yet in a block, by task. */
  readonly #ready = new Map<string, Commitment>();
  readonly #measuring = new Set<string>();
  /** What failed since the last block, or was refused: not to be tried again at once, or at all. */
  readonly #failed = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #sending = new Set<AuditDuty['step']>();
  #auditMs = 0;
  #isStopped = false;

  constructor(context: RoleContext, options: ValidatorOptions, endpoint: Endpoint) {
    this.#context = context;
    this.#options = options;
    this.#endpoint = endpoint;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** A block was made: takes up what is owed now, and lets go what is not owed any more. */
  takeUp(): void {
    const owed = new Set(this.#duties('commit').map(({ taskId }) => toHex(taskId)));
    for (const id of this.#ready.keys()) if (!owed.has(id)) this.#ready.delete(id);
    this.#failed.clear();
    this.#refused.clear();
    this.#advance();
  }

  #advance(): void {
    if (this.#isStopped) return;
    this.#measureNext();
    this.#send(
      'commit',
      () => this.#commitments(),
      (items) => this.#options.submit('auditCommit', { items }),
    );
    this.#send(
      'reveal',
      () => this.#openings(),
      (items) => this.#options.submit('auditReveal', { items }),
    );
  }

  #duties(step: AuditDuty['step']): AuditDuty[] {
    const duties = auditDuties(this.#context.chain.head(), this.#options.validator);
    return duties.filter((duty) => duty.step === step);
  }

  #measureNext(): void {
    if (this.#measuring.size >= lanes) return;
    const { globals, params } = this.#context.chain.head();
    const pace = { height: globals.height, blockTimeMs: params.blockTimeMs, auditMs: this.#auditMs, lanes };
    const open = this.#duties('commit').filter(({ taskId }) => !this.#ready.has(toHex(taskId)));
    for (const { taskId } of feasibleDuties(open, pace)) {
      if (this.#measuring.size >= lanes) return;
      const id = toHex(taskId);
      if (!this.#measuring.has(id) && !this.#failed.has(id)) this.#measure(id, taskId);
    }
  }

  #measure(id: string, taskId: Uint8Array): void {
    this.#measuring.add(id);
    const { runtime } = this.#context;
    const startMs = runtime.monotonicMs();
    this.#secretOf(taskId)
      .then((secret) => {
        if (secret === null) this.#failed.add(id);
        else this.#ready.set(id, { taskId, commitment: AuditSecret.hashTreeRoot(secret) });
        const tookMs = runtime.monotonicMs() - startMs;
        this.#auditMs += (tookMs - this.#auditMs) * newest;
      })
      .catch((error: Error) => {
        this.#failed.add(id);
        this.#context.runtime.log(`audit of ${id.slice(0, 8)} failed at the validator: ${error.message}`);
      })
      .finally(() => {
        this.#measuring.delete(id);
        this.#advance();
      });
  }

  /** One list of a step at a time; what gets ready meanwhile goes with the next. */
  #send<Item extends { readonly taskId: Uint8Array }>(
    step: AuditDuty['step'],
    collect: () => Item[],
    submit: (items: Item[]) => Promise<Inclusion>,
  ): void {
    if (this.#sending.has(step)) return;
    const items = collect().slice(0, limits.maxAuditItems);
    if (items.length === 0) return;
    this.#sending.add(step);
    this.#context.store
      .flushed() // What is committed to must be there for the reveal.
      .then(() => submit(items))
      .then(({ code, events }) => this.#note(step, items, { code, events }))
      .catch((error: Error) => {
        for (const { taskId } of items) this.#refused.add(`${step}/${toHex(taskId)}`);
        this.#context.runtime.log(`no ${step} of ${items.length} audits: ${error.message}`);
      })
      .finally(() => {
        this.#sending.delete(step);
        this.#advance();
      });
  }

  /** What was refused waits for the next block: until then it would be refused again. */
  #note(
    step: AuditDuty['step'],
    items: readonly { readonly taskId: Uint8Array }[],
    { code, events }: Pick<Inclusion, 'code' | 'events'>,
  ): void {
    const places = events.flatMap((event) => (event.type === 'auditItemsRefused' ? event.refused : []));
    const refused = code === 'OK' ? places.map(({ item }) => items[item]) : items;
    for (const each of refused) if (each !== undefined) this.#refused.add(`${step}/${toHex(each.taskId)}`);
    const why = code === 'OK' ? places[0]?.code : code;
    if (why !== undefined) this.#context.runtime.log(`${step} of ${refused.length} audits refused, first for ${why}`);
  }

  #commitments(): Commitment[] {
    return this.#duties('commit').flatMap(({ taskId }) => {
      const id = toHex(taskId);
      return this.#refused.has(`commit/${id}`) ? [] : (this.#ready.get(id) ?? []);
    });
  }

  #openings(): Opening[] {
    return this.#duties('reveal').flatMap(({ taskId }) => {
      const secret = this.#refused.has(`reveal/${toHex(taskId)}`) ? null : this.#recall(taskId);
      return secret === null ? [] : { taskId, numbers: secret.numbers, nonce: secret.nonce };
    });
  }

  #recall(taskId: Uint8Array): Secret | null {
    const state = this.#context.chain.head();
    const seed = state.audits.get(state.auditOf(taskId) ?? -1)?.seed;
    const stored = seed === undefined ? undefined : this.#context.store.get(secretKey(seed));
    return stored === undefined ? null : AuditSecret.deserialize(stored);
  }

  /** The numbers of a task, measured now unless they were before a restart; null when it is not kept any more. */
  async #secretOf(taskId: Uint8Array): Promise<Secret | null> {
    const known = this.#recall(taskId);
    if (known !== null) return known;
    const { chain, verifier, runtime } = this.#context;
    const state = chain.head();
    const taskIndex = state.taskOf(taskId);
    const auditIndex = state.auditOf(taskId);
    if (taskIndex === undefined || auditIndex === undefined) return null;
    const task = state.tasks.at(taskIndex);
    const { seed } = state.audits.at(auditIndex);
    const bundle = await fetchArtifact(this.#endpoint, { state, verifier, runtime }, task);
    const numbers = await measure({ state, task, seed, bundle, measuring: this.#options.measuring });
    const { account } = state.validators.at(this.#options.validator);
    const secret = { numbers, nonce: runtime.random('nonces').bytes(32), account };
    const { commitBlocks, revealBlocks } = state.params.audit;
    const expiry = chain.head().globals.height + 2 * (commitBlocks + revealBlocks);
    if (!this.#isStopped) this.#context.store.put(secretKey(seed), AuditSecret.serialize(secret), expiry);
    return secret;
  }
}
