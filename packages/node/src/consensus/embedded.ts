import { blockSigningRoot, type LedgerView, proposerOf } from '@assay/ledger';
import { AssayError, limits } from '@assay/protocol';
import type { Chain, CommittedBlock, Engine } from '@assay/roles/ports/chain';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';
import type { Ed25519Signer } from '../crypto/signers.ts';
import { Application, type ApplicationOptions } from './application.ts';
import { blockTimeProblem, nextBlockMs } from './block-time.ts';

export interface EmbeddedOptions extends ApplicationOptions {
  /** The key with this public half, of those this process holds; null when it is another one's. */
  readonly signerOf: (publicKey: Uint8Array) => Ed25519Signer | null;
  /** Its clocks and timers, none of which keeps the process alive. */
  readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs' | 'timer'>;
}

/** Makes blocks in this process on a timer, and seals them with the keys of its validators. */
export class EmbeddedEngine implements Engine {
  readonly #application: Application;
  readonly #signerOf: EmbeddedOptions['signerOf'];
  readonly #runtime: EmbeddedOptions['runtime'];
  #inHand: Promise<unknown> = Promise.resolve();
  #cancel: Cancel | null = null;
  #dueMs = 0;

  private constructor(application: Application, { signerOf, runtime }: EmbeddedOptions) {
    this.#application = application;
    this.#signerOf = signerOf;
    this.#runtime = runtime;
  }

  /** Throws what `Application.restore` throws, and AssayError NO_PROPOSER when it holds no validator's key. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const engine = new EmbeddedEngine(await Application.restore(options), options);
    engine.#sealers(engine.chain.head());
    return engine;
  }

  get chain(): Chain {
    return this.#application;
  }

  start(): void {
    if (this.#cancel !== null || this.#application.ended !== null) return;
    this.#dueMs = this.#runtime.monotonicMs();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#application.end(new AssayError('NODE_STOPPED'));
    await this.#inHand;
  }

  /** Resolves when all that was submitted before waits for a block, or was refused. */
  admitted(): Promise<void> {
    return this.#application.admitted();
  }

  /**
   * Makes the next block now, with all that was submitted before; resolves when it is durable. Rejects with the
   * AssayError that ended the engine.
   */
  async produceNow(): Promise<CommittedBlock> {
    await this.admitted();
    return this.#next();
  }

  #next(): Promise<CommittedBlock> {
    const produced = this.#inHand.then(() => this.#produce());
    this.#inHand = produced.catch(() => {});
    return produced;
  }

  /** Blocks keep to a grid of the monotonic clock; a grid point that was missed is left out, not made up for. */
  #schedule(): void {
    const now = this.#runtime.monotonicMs();
    this.#dueMs = Math.max(this.#dueMs + this.chain.head().params.blockTimeMs, now);
    this.#cancel = this.#runtime.timer(this.#dueMs - now, async () => {
      await this.#next().catch(() => {});
      if (this.#application.ended === null) this.#schedule();
    });
  }

  async #produce(): Promise<CommittedBlock> {
    const application = this.#application;
    if (application.ended !== null) throw application.ended;
    try {
      const head = application.head();
      const sealers = this.#sealers(head);
      const height = head.globals.height + 1;
      const header = application.apply({
        height,
        timeMs: this.#nextMs(head),
        transactions: application.propose(),
      });
      const root = blockSigningRoot(application.identity, header);
      const signatures = sealers.map(({ validator, signer }) => ({ validator, signature: signer.sign(root) }));
      const proposer = proposerOf(head, sealers, height);
      return await application.commit({ kind: 'embedded', value: { proposer, signatures } });
    } catch (error) {
      this.#cancel?.();
      throw await application.halt(error);
    }
  }

  #nextMs({ globals, params }: LedgerView): number {
    const clock = { lastMs: globals.timeMs, nowMs: this.#runtime.nowMs(), blockTimeMs: params.blockTimeMs };
    const timeMs = nextBlockMs(clock);
    // §2.10 What a node asks of every block, its own too.
    const problem = blockTimeProblem(timeMs, clock);
    if (problem !== null) throw new Error(`Block ${globals.height + 1} is refused: ${problem}.`);
    return timeMs;
  }

  /** The validators whose keys this process holds. */
  #sealers({ validators }: LedgerView): readonly { readonly validator: number; readonly signer: Ed25519Signer }[] {
    const sealers = [...validators].flatMap(({ consensusKey }, validator) => {
      const signer = this.#signerOf(consensusKey);
      return signer === null ? [] : { validator, signer };
    });
    if (sealers.length === 0) throw new AssayError('NO_PROPOSER');
    return sealers.slice(0, limits.maxSealSignatures);
  }
}
