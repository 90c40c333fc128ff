import type { LedgerView } from '@assay/ledger';
import { type ConsensusValidator, consensusKeyAt, consensusSet, sealProblem } from '@assay/ledger';
import { headerOf, type Seal } from '@assay/protocol';
import type { Runtime } from '@assay/roles/ports/runtime';
import { nativeVerifier } from '../../crypto/verifier.ts';
import type { Application } from '../application.ts';
import { sealOf } from './signed-header.ts';

/** Heights whose state before them is remembered; a seal comes two blocks after it. */
const rememberedStates = 16;

export interface SealCollectorOptions {
  readonly application: Application;
  /** Height that the chain here began with. */
  readonly base: () => number;
  /** CometBFT's `/commit` of a height; rejects while it has none. */
  readonly commitAt: (height: number) => Promise<unknown>;
  readonly runtime: Pick<Runtime, 'log'>;
}

/** Keeps, of each block, what CometBFT's validators signed of the next: others follow the chain by it. */
export class SealCollector {
  readonly #options: SealCollectorOptions;
  /** The state before the block of a height. */
  readonly #before = new Map<number, LedgerView>();
  #inHand: Promise<void> | null = null;
  #next: number | null = null;
  #isLate = false;

  constructor(options: SealCollectorOptions) {
    this.#options = options;
  }

  /** The first height whose seal is not kept; 0 while that is unknown. */
  get next(): number {
    return this.#next ?? 0;
  }

  /** Hears that a block is durable. */
  follow(): void {
    const head = this.#options.application.head();
    this.#before.set(head.globals.height + 1, head);
    for (const height of this.#before.keys()) if (this.#before.size > rememberedStates) this.#before.delete(height);
    this.#inHand ??= this.#collect().finally(() => {
      this.#inHand = null;
    });
  }

  /** Resolves when what is being fetched was kept. */
  async settled(): Promise<void> {
    await this.#inHand;
  }

  async #collect(): Promise<void> {
    const { application, commitAt, runtime } = this.#options;
    this.#next ??= this.#firstMissing();
    // The seal of a height is in the commit of the next.
    for (; this.#next < application.head().globals.height; this.#next += 1) {
      const height = this.#next;
      try {
        await this.#keep(height, await commitAt(height + 1));
        this.#isLate = false;
      } catch (error) {
        // Asked again after the next block; said once, and not by a node that stops.
        const isNew = application.ended === null && !this.#isLate;
        this.#isLate = true;
        if (isNew) runtime.log(`the seal of height ${height} is not there yet: ${String(error)}`);
        return;
      }
    }
  }

  async #keep(height: number, commit: unknown): Promise<void> {
    const { application } = this.#options;
    const block = application.blockAt(height);
    if (block === null) return;
    const before = this.#before.get(height);
    const value = sealOf(commit, before === undefined ? this.#setAt(height + 1) : consensusSet(before));
    const seal: Seal = { kind: 'cometbft', value };
    const header = headerOf(block);
    const check = { verifier: nativeVerifier, quorum: 'twoThirds' } as const;
    const problem = before === undefined ? null : sealProblem(before, { header, seal }, check);
    if (problem !== null) throw new Error(problem);
    await application.seal(height, seal);
  }

  /** After a start the state before the last blocks is unknown: all validators, each with its key of that height. */
  #setAt(height: number): ConsensusValidator[] {
    const head = this.#options.application.head();
    return Array.from(head.powers, ({ powerPpb: power }, validator) => {
      return { validator, consensusKey: consensusKeyAt(head, { validator, height }), power };
    });
  }

  #firstMissing(): number {
    const { application, base } = this.#options;
    let height = application.head().globals.height;
    while (height > Math.max(base(), 1) && application.sealAt(height - 1) === null) height -= 1;
    return Math.max(height, base(), 1);
  }
}
