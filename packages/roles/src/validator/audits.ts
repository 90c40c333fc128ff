import { type AuditDuty, auditDuties } from '@assay/ledger';
import { AuditSecret, type BodyKind, type BodyValues, type Opening, type Ref } from '@assay/protocol';
import { toHex, type ValueOf } from '@assay/ssz';
import type { RoleContext } from '../context.ts';
import { fetchArtifact } from '../fetch-artifact.ts';
import type { Inclusion } from '../ports/chain.ts';
import type { Endpoint } from '../ports/network.ts';
import type { Measuring, measure } from './measure.ts';
import { type AuditEffect, type AuditEvent, noAudits, type Owed, stepAudits } from './state.ts';

export interface ValidatorOptions {
  readonly validator: Ref<'validators'>;
  /** How this validator runs registered models; null when it can run none. */
  readonly measuring: Measuring | null;
  /** Finds the numbers of an audit. */
  readonly measure: typeof measure;
  readonly submit: <Kind extends BodyKind>(kind: Kind, value: BodyValues[Kind]) => Promise<Inclusion>;
}

/** What a list holds of each audit. */
type Item = { readonly taskId: Uint8Array };
type Secret = ValueOf<typeof AuditSecret>;
/** Of one audit of a task: a second one is measured again (§8.8). */
const secretKey = (seed: Uint8Array) => `secret/${toHex(seed)}`;

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
  #state = noAudits;
  /** What one audit took lately. */
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
    this.#dispatch({ type: 'block' });
  }

  #dispatch(event: AuditEvent): void {
    if (this.#isStopped) return;
    const { state, effects } = stepAudits(this.#state, event, this.#owed());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #owed(): Owed {
    const head = this.#context.chain.head();
    const { globals, params } = head;
    const duties = auditDuties(head, this.#options.validator);
    return {
      duties: duties.filter(({ step, taskId }) => step === 'commit' || this.#recall(taskId) !== null),
      pace: {
        height: globals.height,
        commitBlocks: params.audit.commitBlocks,
        blockTimeMs: params.blockTimeMs,
        auditMs: this.#auditMs,
      },
    };
  }

  #perform(effect: AuditEffect): void {
    switch (effect.type) {
      case 'measure':
        void this.#measure(effect);
        break;
      case 'commit':
        void this.#send(effect.type, effect.items, () => this.#options.submit('auditCommit', { items: effect.items }));
        break;
      case 'reveal': {
        const items = this.#openings(effect.taskIds);
        void this.#send(effect.type, items, () => this.#options.submit('auditReveal', { items }));
      }
    }
  }

  async #measure({ taskId, isLast }: { readonly taskId: Uint8Array; readonly isLast: boolean }): Promise<void> {
    const { runtime } = this.#context;
    const startMs = runtime.monotonicMs();
    let commitment: Uint8Array | null = null;
    try {
      const secret = await this.#secretOf(taskId, isLast);
      if (secret === 'absent') return this.#dispatch({ type: 'absent', taskId });
      commitment = secret === null ? null : AuditSecret.hashTreeRoot(secret);
      this.#auditMs += (runtime.monotonicMs() - startMs - this.#auditMs) * newest;
    } catch (error) {
      runtime.log(`audit of ${toHex(taskId).slice(0, 8)} failed at the validator: ${(error as Error).message}`);
    }
    this.#dispatch({ type: 'measured', taskId, commitment });
  }

  async #send(step: AuditDuty['step'], items: readonly Item[], submit: () => Promise<Inclusion>): Promise<void> {
    const { runtime, store } = this.#context;
    let refused: readonly Item[] = items;
    try {
      await store.flushed(); // What is committed to must be there for the reveal.
      const { code, events } = await submit();
      const refusals = events.flatMap((event) => (event.type === 'auditItemsRefused' ? event.refused : []));
      if (code === 'OK') refused = refusals.flatMap(({ item }) => items[item] ?? []);
      const why = code === 'OK' ? refusals[0]?.code : code;
      if (why !== undefined) runtime.log(`${step} of ${refused.length} audits refused, first for ${why}`);
    } catch (error) {
      runtime.log(`no ${step} of ${items.length} audits: ${(error as Error).message}`);
    }
    this.#dispatch({ type: 'sent', step, refused: refused.map(({ taskId }) => taskId) });
  }

  #openings(taskIds: readonly Uint8Array[]): Opening[] {
    return taskIds.flatMap((taskId) => {
      const secret = this.#recall(taskId);
      return secret === null ? [] : { taskId, numbers: secret.numbers, nonce: secret.nonce };
    });
  }

  #recall(taskId: Uint8Array): Secret | null {
    const state = this.#context.chain.head();
    const seed = state.audits.get(state.auditOf(taskId) ?? -1)?.seed;
    const stored = seed === undefined ? undefined : this.#context.store.get(secretKey(seed));
    return stored === undefined ? null : AuditSecret.deserialize(stored);
  }

  /**
   * The numbers of a task, measured now unless they were before a restart; null when it is not kept any more, absent
   * when nobody gives its artifact and this was not the last time to ask.
   */
  async #secretOf(taskId: Uint8Array, isLast: boolean): Promise<Secret | 'absent' | null> {
    const known = this.#recall(taskId);
    if (known !== null) return known;
    const { chain, verifier, runtime } = this.#context;
    const state = chain.head();
    const taskIndex = state.taskOf(taskId);
    const auditIndex = state.auditOf(taskId);
    if (taskIndex === undefined || auditIndex === undefined) return null;
    const task = state.tasks.at(taskIndex);
    const audit = state.audits.at(auditIndex);
    const bundle = await fetchArtifact(this.#endpoint, { state, verifier, runtime }, task);
    if (bundle === null && !isLast) return 'absent'; // §14.8
    const numbers = await this.#options.measure({ state, task, audit, bundle, measuring: this.#options.measuring });
    const { account } = state.validators.at(this.#options.validator);
    const secret = { numbers, nonce: runtime.random('nonces').bytes(32), account };
    const { commitBlocks, revealBlocks } = state.params.audit;
    const expiry = chain.head().globals.height + 2 * (commitBlocks + revealBlocks);
    if (!this.#isStopped) this.#context.store.put(secretKey(audit.seed), AuditSecret.serialize(secret), expiry);
    return secret;
  }
}
