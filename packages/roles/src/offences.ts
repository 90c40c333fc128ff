import { isCharged, turnOf } from '@assay/ledger';
import type { BodyValues, Offence, ResultCode } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { RoleContext } from './context.ts';
import type { Inclusion } from './ports/chain.ts';

/** Blocks that each reporter has for its evidence to be in one, before it is the next one's turn. */
const turnBlocks = 4;
/** How often a validator sends one, and how many it keeps; the oldest is given up then. */
const maxSent = 3;
const maxKept = 64;

interface Kept {
  readonly offence: Offence;
  dueHeight: number;
  sent: number;
  /** What became of it when it was sent last. */
  code: ResultCode | null;
}

interface OffencesOptions {
  readonly submit: (evidence: BodyValues['evidence']) => Promise<Inclusion>;
  /** Which of the validators this is, who may all notice the same; null of a mixer, which alone saw what it reports. */
  readonly validator: number | null;
}

/**
 * Brings the offences that a role notices before the ledger (§7.4.6). Each validator has a turn, and whoever finds a
 * case there says nothing.
 */
export class Offences {
  readonly #context: Pick<RoleContext, 'chain' | 'runtime'>;
  readonly #options: OffencesOptions;
  readonly #kept = new Map<string, Kept>();
  #isSending = false;

  constructor(context: Pick<RoleContext, 'chain' | 'runtime'>, options: OffencesOptions) {
    this.#context = context;
    this.#options = options;
  }

  hear(offence: Offence): void {
    const { params, globals } = this.#context.chain.head();
    const { subject } = turnOf(offence, params);
    const name = toHex(subject);
    if (this.#kept.has(name)) return;
    const { validator } = this.#options;
    const count = this.#reporters();
    const place = validator === null ? 0 : (count + validator - ((subject[0] ?? 0) % count)) % count;
    this.#kept.set(name, { offence, dueHeight: globals.height + place * turnBlocks, sent: 0, code: null });
    for (const oldest of this.#kept.keys()) if (this.#kept.size > maxKept) this.#kept.delete(oldest);
  }

  /** How many take turns. */
  #reporters(): number {
    return this.#options.validator === null ? 1 : this.#context.chain.head().validators.length;
  }

  /** After a block: sends what is due, one at a time. */
  async advance(): Promise<void> {
    const head = this.#context.chain.head();
    for (const [name, { offence }] of this.#kept) if (isCharged(head, offence)) this.#kept.delete(name);
    const { height } = head.globals;
    const due = [...this.#kept].find(([, { dueHeight }]) => dueHeight <= height);
    if (due === undefined || this.#isSending) return;
    const [name, kept] = due;
    this.#isSending = true;
    kept.dueHeight = height + this.#reporters() * turnBlocks;
    kept.sent += 1;
    if (kept.sent >= maxSent) this.#kept.delete(name);
    try {
      await this.#send(kept);
      if (kept.code !== 'CANNOT_PAY_FEE') return;
      kept.sent -= 1;
      this.#kept.set(name, kept);
    } finally {
      this.#isSending = false;
    }
  }

  async #send(kept: Kept): Promise<void> {
    const { runtime } = this.#context;
    const { offence } = kept;
    const { role, kind } = turnOf(offence, this.#context.chain.head().params);
    try {
      const { code } = await this.#options.submit({ offence });
      const outcome = code === 'OK' ? 'there is a case' : `no case: ${code}`;
      const isNews = code !== 'EVIDENCE_KNOWN' && code !== kept.code;
      kept.code = code;
      if (isNews) runtime.log(`${offence.kind} of ${kind} ${role}: ${outcome}`);
    } catch (error) {
      runtime.log(`${offence.kind} of ${kind} ${role} is not reported: ${(error as Error).message}`);
    }
  }
}
