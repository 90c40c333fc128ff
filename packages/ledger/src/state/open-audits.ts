import { type AuditorSlot, type AuditRow, limits, type Ref, type TaskRow } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { Rows } from './rows.ts';
import type { IndexOf, ViewTables } from './state-tables.ts';

type Audit = IndexOf<'audits'>;

/** Where the tokens of a task are found. */
interface Tasks {
  readonly tasks: { at(index: IndexOf<'tasks'>): Readonly<Pick<TaskRow, 'tokensIn' | 'tokensOut'>> };
  taskOf(taskId: Uint8Array): IndexOf<'tasks'> | undefined;
}

/** What a validator owes: audits, oldest first, and their tokens. Replaced as a whole: its room bounds it (§10.23). */
interface Owed {
  readonly audits: readonly Audit[];
  readonly tokens: number;
}
const nothing: Owed = { audits: [], tokens: 0 };

/** The audits without a verdict, as they are at one height. */
export interface OpenAuditsView {
  readonly size: number;
  /** The audits that a validator owes a step, oldest first. */
  owedBy(validator: Ref<'validators'>): readonly Audit[];
  /** Tokens of the audits that a validator owes a step (§10.23). */
  tokensOwedBy(validator: Ref<'validators'>): number;
}

const viewOf = (size: number, owed: Rows<Owed>): OpenAuditsView => ({
  size,
  owedBy: (validator) => (owed.get(validator) ?? nothing).audits,
  tokensOwedBy: (validator) => (owed.get(validator) ?? nothing).tokens,
});

/**
 * The audits without a verdict, by what can move them. Rebuilt from the rows at load and never part of the state: so a
 * block costs what changes in it, however many audits wait.
 */
export class OpenAudits implements OpenAuditsView {
  /** Their tokens. */
  readonly #open = new Map<Audit, number>();
  readonly #tasks: Tasks;
  /** By validator. */
  #owed = new Rows<Owed>();
  /** By the last height for them, the steps that were owed; those still are that `#dueOf` has there. */
  readonly #byDeadline = new Map<number, { readonly index: Audit; readonly validator: Ref<'validators'> }[]>();
  readonly #dueOf = new Map<string, number>();
  readonly #changed = new Set<Audit>();

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  get size(): number {
    return this.#open.size;
  }

  owedBy(validator: Ref<'validators'>): readonly Audit[] {
    return (this.#owed.get(validator) ?? nothing).audits;
  }

  tokensOwedBy(validator: Ref<'validators'>): number {
    return (this.#owed.get(validator) ?? nothing).tokens;
  }

  /** They as they are now. */
  view(): OpenAuditsView {
    return viewOf(this.size, this.#owed.copy());
  }

  add(index: Audit, { taskId, auditors, waitUntil }: Readonly<AuditRow>): void {
    const task = this.#tasks.taskOf(taskId);
    invariant(task !== undefined, `audit ${index} is about a task that is not kept`);
    const { tokensIn, tokensOut } = this.#tasks.tasks.at(task);
    this.#open.set(index, Math.max(tokensIn + tokensOut, limits.minAuditTokens));
    this.#changed.add(index);
    for (const slot of auditors) this.#note(index, slot);
    if (waitUntil > 0) this.wait(index, waitUntil);
  }

  /** It goes on at this height, whoever owes it nothing. */
  wait(index: Audit, height: number): void {
    this.#expect({ index, validator: nobody }, height);
  }

  /** It goes on in this block. */
  touch(index: Audit): void {
    this.#changed.add(index);
  }

  /** An auditor's slot was added or changed. */
  update(index: Audit, slot: AuditorSlot): void {
    this.#changed.add(index);
    this.#note(index, slot);
  }

  close(index: Audit, { auditors }: Readonly<AuditRow>): void {
    for (const { validator } of auditors) this.#discharge(index, validator);
    this.#dueOf.delete(stepKey(index, nobody));
    this.#open.delete(index);
  }

  /** Those that changed or in which a step is late at `height`, oldest first; each is given once for a change. */
  takeMoved(height: number): Audit[] {
    const due = this.#byDeadline.get(height) ?? [];
    const late = due.filter(({ index, validator }) => this.#dueOf.get(stepKey(index, validator)) === height);
    const moved = new Set([...this.#changed, ...late.map(({ index }) => index)]);
    this.#changed.clear();
    this.#byDeadline.delete(height);
    return [...moved].filter((index) => this.#open.has(index)).toSorted((a, b) => a - b);
  }

  /** What is to be done from rows that were loaded, or whose indexes moved; all of them stand after their block. */
  rebuild(audits: ViewTables['audits']): void {
    this.#open.clear();
    this.#owed = new Rows();
    this.#byDeadline.clear();
    this.#dueOf.clear();
    for (let index = 0; index < audits.length; index++) {
      const audit = audits.at(index);
      if (audit.verdict === 'open') this.add(index, audit);
    }
    this.#changed.clear();
  }

  #note(index: Audit, { validator, state, deadline }: AuditorSlot): void {
    const isOwing = state === 'drawn' || (state === 'committed' && deadline > 0);
    if (!isOwing) {
      this.#discharge(index, validator);
      return;
    }
    const { audits, tokens } = this.#owed.get(validator) ?? nothing;
    const at = positionIn(audits, index);
    if (audits[at] !== index) {
      const sum = tokens + (this.#open.get(index) ?? 0);
      this.#owed.set(validator, { audits: audits.toSpliced(at, 0, index), tokens: sum });
    }
    this.#expect({ index, validator }, deadline);
  }

  #expect(step: { readonly index: Audit; readonly validator: Ref<'validators'> }, height: number): void {
    const key = stepKey(step.index, step.validator);
    if (this.#dueOf.get(key) === height) return;
    this.#dueOf.set(key, height);
    const due = this.#byDeadline.get(height) ?? [];
    due.push(step);
    this.#byDeadline.set(height, due);
  }

  #discharge(index: Audit, validator: Ref<'validators'>): void {
    this.#dueOf.delete(stepKey(index, validator));
    const { audits, tokens } = this.#owed.get(validator) ?? nothing;
    const at = positionIn(audits, index);
    if (audits[at] !== index) return;
    const sum = tokens - (this.#open.get(index) ?? 0);
    this.#owed.set(validator, { audits: audits.toSpliced(at, 1), tokens: sum });
  }
}

/** The position of an index among rising ones, or where it would be put. */
function positionIn(rising: readonly Audit[], index: Audit): number {
  const at = rising.findLastIndex((each) => each <= index);
  return rising[at] === index ? at : at + 1;
}

/** In place of a validator: the audit waits by itself. */
const nobody = -1;
const stepKey = (index: Audit, validator: Ref<'validators'>): string => `${index}/${validator}`;
