import { type AuditorSlot, type AuditRow, auditorStates, limits, type TaskRow, verdicts } from '@assay/protocol';
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
  #tokens = 0;
  /** By validator, the audits it owes a step. */
  readonly #owed = new Map<number, Set<number>>();
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

  /** Tokens under audit (§10.23). */
  get tokens(): number {
    return this.#tokens;
  }

  /** The audits that a validator owes a step, oldest first. */
  owedBy(validator: number): readonly number[] {
    return [...(this.#owed.get(validator) ?? [])].toSorted((a, b) => a - b);
  }

  add(index: number, { taskId, auditors }: Readonly<AuditRow>): void {
    const { tokensIn, tokensOut } = this.#tasks.tasks.at(this.#tasks.taskOf(taskId) ?? -1);
    const counted = Math.max(tokensIn + tokensOut, limits.minAuditTokens);
    this.#open.set(index, counted);
    this.#tokens += counted;
    this.#changed.add(index);
    for (const slot of auditors) this.#note(index, slot);
  }

  /** An auditor's slot was added or changed. */
  update(index: number, slot: AuditorSlot): void {
    this.#changed.add(index);
    this.#note(index, slot);
  }

  close(index: number, { auditors }: Readonly<AuditRow>): void {
    this.#tokens -= this.#open.get(index) ?? 0;
    this.#open.delete(index);
    for (const { validator } of auditors) {
      this.#owed.get(validator)?.delete(index);
      this.#dueOf.delete(stepKey(index, validator));
    }
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
    this.#tokens = 0;
    this.#owed.clear();
    this.#byDeadline.clear();
    this.#dueOf.clear();
    for (let index = 0; index < audits.length; index++) {
      const audit = audits.at(index);
      if (audit.verdict === verdicts.open) this.add(index, audit);
    }
    this.#changed.clear();
  }

  #note(index: number, { validator, state, deadline }: AuditorSlot): void {
    const owed = this.#owed.get(validator) ?? new Set();
    this.#owed.set(validator, owed);
    const isOwing = state === auditorStates.drawn || (state === auditorStates.committed && deadline > 0);
    if (!isOwing) {
      owed.delete(index);
      this.#dueOf.delete(stepKey(index, validator));
      return;
    }
    owed.add(index);
    if (this.#dueOf.get(stepKey(index, validator)) === deadline) return;
    this.#dueOf.set(stepKey(index, validator), deadline);
    const due = this.#byDeadline.get(deadline) ?? [];
    due.push({ index, validator });
    this.#byDeadline.set(deadline, due);
  }
}

const stepKey = (index: number, validator: number): string => `${index}/${validator}`;
