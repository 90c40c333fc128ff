import { randomBytes } from 'node:crypto';
import { type AuditDuty, auditDuties, panelDuties } from '@assay/ledger';
import { AuditSecret, addressText, type BodyKind, type BodyValues, toHex, type ValueOf } from '@assay/protocol';
import type { Inclusion } from '../../consensus/port.ts';
import type { Endpoint } from '../../network/port.ts';
import type { RoleContext, RoleService } from '../context.ts';
import { fetchArtifact } from '../fetch-artifact.ts';
import { keepsItsTerms } from './acceptance.ts';
import { type Measuring, measure } from './measure.ts';

export interface ValidatorOptions {
  readonly validator: number;
  /** How this validator runs registered models; null when it can run none. */
  readonly measuring: Measuring | null;
  readonly submit: <Kind extends BodyKind>(kind: Kind, value: BodyValues[Kind]) => Promise<Inclusion>;
}

type Secret = ValueOf<typeof AuditSecret>;
/** Of one audit of a task: a second one is measured anew (§8.8). */
const secretKey = (seed: Uint8Array) => `secret/${toHex(seed)}`;

/**
 * Re-checks the tasks the beacon draws for it: commits to numbers, then reveals them (§10.2, §10.3). Votes on the
 * models whose panel it is on (§4.5).
 */
export class Validator implements RoleService {
  readonly #context: RoleContext;
  readonly #options: ValidatorOptions;
  readonly #inHand = new Set<string>();
  #measured: Promise<unknown> = Promise.resolve();
  #endpoint: Endpoint | null = null;
  #unsubscribe: () => void = () => {};

  constructor(context: RoleContext, options: ValidatorOptions) {
    this.#context = context;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#endpoint = this.#context.network.join(addressText(this.#context.signer.address));
    this.#unsubscribe = this.#context.engine.onBlock(() => this.#takeUpDuties());
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  #takeUpDuties(): void {
    const { state } = this.#context.engine.ledger;
    for (const duty of auditDuties(state, this.#options.validator)) {
      const id = `${duty.step}/${toHex(duty.taskId)}`;
      if (duty.step === 'reveal') this.#takeUp(id, () => this.#reveal(duty));
      else this.#takeUp(id, () => this.#queue(() => this.#commit(duty)));
    }
    for (const model of panelDuties(state, this.#options.validator)) {
      this.#takeUp(`vote on model ${model}`, () => this.#queue(() => this.#vote(model)));
    }
  }

  #takeUp(id: string, work: () => Promise<void>): void {
    if (this.#inHand.has(id)) return;
    this.#inHand.add(id);
    work()
      .catch((error: Error) => this.#context.log(`${id.slice(0, 15)} failed at the validator: ${error.message}`))
      .finally(() => this.#inHand.delete(id));
  }

  /** One measurement at a time: they compete with generation for the same machine. */
  #queue(work: () => Promise<void>): Promise<void> {
    const queued = this.#measured.then(work);
    this.#measured = queued.catch(() => {});
    return queued;
  }

  async #vote(model: number): Promise<void> {
    const registered = this.#context.engine.ledger.state.models.at(model);
    const accepts = await keepsItsTerms(registered, this.#options.measuring);
    const { code } = await this.#options.submit('acceptModel', { model, accepts });
    if (code !== 'OK') this.#context.log(`no vote on model ${model}: ${code}`);
  }

  async #commit({ taskId }: AuditDuty): Promise<void> {
    if (this.#endpoint === null) return;
    const secret = this.#recall(taskId) ?? (await this.#prepare(taskId));
    if (secret === null) return;
    const commitment = AuditSecret.hashTreeRoot(secret);
    const { code } = await this.#options.submit('auditCommit', { taskId, commitment });
    if (code !== 'OK') this.#context.log(`audit of ${toHex(taskId).slice(0, 8)} not committed: ${code}`);
  }

  async #reveal({ taskId }: AuditDuty): Promise<void> {
    const secret = this.#recall(taskId);
    if (secret === null) return;
    const { numbers, nonce } = secret;
    const { code } = await this.#options.submit('auditReveal', { taskId, numbers, nonce });
    if (code !== 'OK') this.#context.log(`audit of ${toHex(taskId).slice(0, 8)} not revealed: ${code}`);
  }

  #recall(taskId: Uint8Array): Secret | null {
    const { state } = this.#context.engine.ledger;
    const seed = state.audits.get(state.auditOf(taskId) ?? -1)?.seed;
    const stored = seed === undefined ? undefined : this.#context.store.get(secretKey(seed));
    return stored === undefined ? null : AuditSecret.deserialize(stored);
  }

  /** Measures, and makes the secret durable before its commitment can be sent: it must be there for the reveal. */
  async #prepare(taskId: Uint8Array): Promise<Secret | null> {
    const { state } = this.#context.engine.ledger;
    const taskIndex = state.taskOf(taskId);
    const auditIndex = state.auditOf(taskId);
    if (taskIndex === undefined || auditIndex === undefined || this.#endpoint === null) return null;
    const task = state.tasks.at(taskIndex);
    const { seed } = state.audits.at(auditIndex);
    const bundle = await fetchArtifact(this.#endpoint, state, task);
    const numbers = await measure({ state, task, seed, bundle, measuring: this.#options.measuring });
    const secret = { numbers, nonce: randomBytes(32), account: state.validators.at(this.#options.validator).account };
    const { commitBlocks, revealBlocks } = state.params.audit;
    const expiry = state.globals.height + 2 * (commitBlocks + revealBlocks);
    this.#context.store.put(secretKey(seed), AuditSecret.serialize(secret), expiry);
    await this.#context.store.flushed();
    return secret;
  }
}
