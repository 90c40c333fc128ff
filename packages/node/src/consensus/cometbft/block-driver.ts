import { type ConsensusValidator, consensusChanges, consensusSet, headerRoot } from '@assay/ledger';
import { AssayError, type CometTime } from '@assay/protocol';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes, toHex } from '@assay/ssz';
import type { Application } from '../application.ts';
import { type DecidedBlock, proposalStatus, type ValidatorUpdate } from './abci.ts';
import { ProposalRoom } from './proposal-room.ts';

/** What is said of a block once it was applied. */
interface Finalized {
  readonly results: readonly { readonly code: number }[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  readonly appHash: Uint8Array;
}

export interface BlockDriverOptions {
  readonly application: Application;
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'log'>;
  /** What has to be durable with a block before CometBFT goes on. */
  readonly onCommit: () => Promise<void>;
  /** Told of a durable block of CometBFT's in which a validator is shown to have signed twice. */
  readonly onMisbehavior: (height: number) => void;
}

/** Brings CometBFT's decisions to the application: what it proposes, judges, applies and makes durable. */
export class BlockDriver {
  readonly #options: BlockDriverOptions;
  readonly #room = new ProposalRoom();
  /** A block that is applied and not durable yet, by CometBFT's name of it. */
  #applied: (Pick<DecidedBlock, 'height' | 'hash' | 'misbehavior'> & { readonly said: Finalized }) | null = null;

  constructor(options: BlockDriverOptions) {
    this.#options = options;
  }

  propose(maxBytes: number): Uint8Array[] {
    return this.#options.application.propose(Math.min(maxBytes, this.#room.bytes));
  }

  async judge({ height, transactions }: DecidedBlock): Promise<number> {
    const problem = await this.#options.application.judge(transactions);
    if (problem === null) return proposalStatus.accept;
    this.#options.runtime.log(`the proposal for height ${height} is refused: ${problem}`);
    return proposalStatus.reject;
  }

  /** Applies a decided block. CometBFT asks again when it fell between this and Commit; the answer is the same. */
  finalize({ height, hash, time, transactions, misbehavior }: DecidedBlock): Finalized {
    const { application, runtime } = this.#options;
    if (this.#applied !== null) {
      if (this.#applied.height === height && equalBytes(this.#applied.hash, hash)) return this.#applied.said;
      throw new AssayError('LEDGER_HALTED', `CometBFT decided two blocks of height ${this.#applied.height}.`);
    }
    for (const { validator, height: at } of misbehavior) {
      runtime.log(`CometBFT found that ${toHex(validator?.address ?? new Uint8Array())} signed twice at ${at}`);
    }
    const head = application.head();
    const before = consensusSet(head);
    const startedMs = runtime.monotonicMs();
    const header = application.apply({ height, timeMs: timeMsOf(time, head.globals.timeMs), transactions });
    const bytes = transactions.reduce((sum, { length }) => sum + length, 0);
    this.#room.learn(bytes, runtime.monotonicMs() - startedMs, head.params.blockTimeMs);
    const { result, after } = application.applied();
    const said = {
      // A code is a reason for people, who find it elsewhere; here it would be part of CometBFT's own hash.
      results: result.transactions.map(({ code }) => ({ code: code === 'OK' ? 0 : 1 })),
      validatorUpdates: updatesOf(before, consensusSet(after)),
      appHash: headerRoot(header),
    };
    this.#applied = { height, hash, misbehavior, said };
    return said;
  }

  async commit(): Promise<void> {
    await this.#options.application.commit(null);
    const { height = 0, misbehavior = [] } = this.#applied ?? {};
    this.#applied = null;
    if (misbehavior.length > 0) this.#options.onMisbehavior(height);
    await this.#options.onCommit();
  }
}

/** The validators of the genesis, as the first set. */
export function firstValidators(application: Application): ValidatorUpdate[] {
  return updatesOf([], consensusSet(application.head()));
}

/** §18.7 The time of a block, Unix milliseconds: CometBFT's, and later than that of the last one. */
function timeMsOf(time: CometTime | null, lastMs: number): number {
  const { seconds, nanos } = time ?? { seconds: 0, nanos: 0 };
  return Math.max(seconds * 1000 + Math.floor(nanos / 1_000_000), lastMs + 1);
}

/** §18.6 */
function updatesOf(before: readonly ConsensusValidator[], after: readonly ConsensusValidator[]): ValidatorUpdate[] {
  if (after.length === 0) return [];
  const changes = consensusChanges(before, after);
  return changes.map(({ consensusKey, power }) => ({ publicKey: { ed25519: consensusKey }, power }));
}
