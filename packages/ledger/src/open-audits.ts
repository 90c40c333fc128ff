import { type AuditorSlot, type AuditRow, limits, type TaskRow } from '@assay/protocol';
import { invariant } from './invariant.ts';
import type { ReadonlyTable } from './table.ts';

/** Where the tokens of a task are found. */
interface Tasks {
  readonly tasks: { at(index: number): Readonly<Pick<TaskRow, 'tokensIn' | 'tokensOut'>> };
  taskOf(taskId: Uint8Array): number | undefined;
}

/**
 * The audits without a verdict, by what can move them. Rebuilt from the rows at load and never part of the state: so a
 * block costs what changes in it, however many audits wait.
 */
export class OpenAudits {
  /** Their tokens. */
  readonly #open = new Map<number, number>();
  readonly #tasks: Tasks;
  /** By validator, the audits it owes a step, and their tokens. */
  readonly #owed = new Map<number, Set<number>>();
  readonly #owedTokens = new Map<number, number>();
  /** By the last height for them, the steps that were owed; those still are that `#dueOf` has there. */
  readonly #byDeadline = new Map<number, { readonly index: number; readonly validator: number }[]>();
  readonly #dueOf = new Map<string, number>();
  readonly #changed = new Set<number>();

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The audits that a validator owes a step, oldest first. */
  owedBy(validator: number): readonly number[] {
    return [...(this.#owed.get(validator) ?? [])].toSorted((a, b) => a - b);
  }

  /** Tokens of the audits that a validator owes a step (§10.23). */
  tokensOwedBy(validator: number): number {
    return this.#owedTokens.get(validator) ?? 0;
  }

  add(index: number, { taskId, auditors, waitUntil }: Readonly<AuditRow>): void {
    const task = this.#tasks.taskOf(taskId);
    invariant(task !== undefined, `audit ${index} is about a task that is not kept`);
    const { tokensIn, tokensOut } = this.#tasks.tasks.at(task);
    this.#open.set(index, Math.max(tokensIn + tokensOut, limits.minAuditTokens));
    this.#changed.add(index);
    for (const slot of auditors) this.#note(index, slot);
    if (waitUntil > 0) this.wait(index, waitUntil);
  }

  /** It goes on at this height, whoever owes it nothing. */
  wait(index: number, height: number): void {
    this.#expect({ index, validator: nobody }, height);
  }

  /** It goes on in this block. */
  touch(index: number): void {
    this.#changed.add(index);
  }

  /** An auditor's slot was added or changed. */
  update(index: number, slot: AuditorSlot): void {
    this.#changed.add(index);
    this.#note(index, slot);
  }

  close(index: number, { auditors }: Readonly<AuditRow>): void {
    for (const { validator } of auditors) this.#discharge(index, validator);
    this.#dueOf.delete(stepKey(index, nobody));
    this.#open.delete(index);
  }

  /** Those that changed or in which a step is late at `height`, oldest first; each is given once for a change. */
  takeMoved(height: number): number[] {
    const due = this.#byDeadline.get(height) ?? [];
    const late = due.filter(({ index, validator }) => this.#dueOf.get(stepKey(index, validator)) === height);
    const moved = new Set([...this.#changed, ...late.map(({ index }) => index)]);
    this.#changed.clear();
    this.#byDeadline.delete(height);
    return [...moved].filter((index) => this.#open.has(index)).toSorted((a, b) => a - b);
  }

  /** What is to be done from rows that were loaded, or whose places moved; all of them stand after their block. */
  rebuild(audits: ReadonlyTable<AuditRow>): void {
    this.#open.clear();
    this.#owed.clear();
    this.#owedTokens.clear();
    this.#byDeadline.clear();
    this.#dueOf.clear();
    for (let index = 0; index < audits.length; index++) {
      const audit = audits.at(index);
      if (audit.verdict === 'open') this.add(index, audit);
    }
    this.#changed.clear();
  }

  #note(index: number, { validator, state, deadline }: AuditorSlot): void {
    const isOwing = state === 'drawn' || (state === 'committed' && deadline > 0);
    if (!isOwing) {
      this.#discharge(index, validator);
      return;
    }
    const owed = this.#owed.get(validator) ?? new Set();
    if (!owed.has(index)) this.#addTokens(validator, this.#open.get(index) ?? 0);
    this.#owed.set(validator, owed.add(index));
    this.#expect({ index, validator }, deadline);
  }

  #expect(step: { readonly index: number; readonly validator: number }, height: number): void {
    const key = stepKey(step.index, step.validator);
    if (this.#dueOf.get(key) === height) return;
    this.#dueOf.set(key, height);
    const due = this.#byDeadline.get(height) ?? [];
    due.push(step);
    this.#byDeadline.set(height, due);
  }

  #discharge(index: number, validator: number): void {
    this.#dueOf.delete(stepKey(index, validator));
    const owed = this.#owed.get(validator);
    if (owed?.delete(index) !== true) return;
    if (owed.size === 0) this.#owed.delete(validator);
    this.#addTokens(validator, -(this.#open.get(index) ?? 0));
  }

  #addTokens(validator: number, tokens: number): void {
    const sum = this.tokensOwedBy(validator) + tokens;
    if (sum === 0) this.#owedTokens.delete(validator);
    else this.#owedTokens.set(validator, sum);
  }
}

/** In place of a validator: the audit waits by itself. */
const nobody = -1;
const stepKey = (index: number, validator: number): string => `${index}/${validator}`;
