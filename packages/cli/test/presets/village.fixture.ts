import { honest, type Sender, World, type WorldOptions } from '@assay/ledger/fixture';
import { measurersOf } from '@assay/ledger/fixture/challenges';
import { devnetParams } from '@assay/node/devnet/genesis';
import { presetParams } from '@assay/node/presets/presets';
import type { AuditNumbers, ChallengeReport, EpochClose, Params, Receipt } from '@assay/protocol';
import { RecordedWorld } from '../../src/recorded-world.fixture.ts';

export const UNIT = 1_000_000_000n;

const { params: worldParams } = new World().state;
/** The default network with the short epochs of a test, and an audit of every task. */
const base: Params = {
  ...devnetParams,
  epochBlocks: worldParams.epochBlocks,
  receiptLifetimeBlocks: worldParams.receiptLifetimeBlocks,
  transactionFeeUnits: worldParams.transactionFeeUnits,
  audit: { ...worldParams.audit, newMinerTasks: 1_000_000 },
};

/** A small network under a preset; its miners are all alike but for what a test changes. */
export class Village extends RecordedWorld {
  constructor(preset: string, options: Pick<WorldOptions, 'edit' | 'balanceUnits' | 'mixers'> = {}) {
    const plain = presetParams(preset, base);
    // Every mixer measures every miner, in one way and the other.
    const params = { ...plain, challenges: { ...plain.challenges, lambdaMilli: 20_000 } };
    super({ balanceUnits: 10_000_000n, mixers: 3, ...options, params, audit: params.audit });
  }

  /** Registers as many miners, each run by the stranger of its number, and opens a session. */
  settle(count: number, registrationOf: (miner: number) => Parameters<World['registration']>[0] = () => ({})): void {
    const everyone = Array.from({ length: count }, (_, i) => i);
    const operator = (i: number): Sender => `stranger${i}`;
    const transfers = everyone.map((i) =>
      this.tx('payer', 'transfer', { to: this.address(operator(i)), amountUnits: 100_000n }),
    );
    this.block(...transfers);
    this.block(
      ...everyone.map((i) => {
        const own = this.registration({ publicKey: this.key(operator(i)).publicKey, ...registrationOf(i) });
        return this.tx(operator(i), 'registerMiner', own);
      }),
      this.tx('payer', 'openSession', this.session({ depositUnits: 1_000_000n })),
    );
    this.block();
    if (this.state.miners.length !== count) throw new Error(`only ${this.state.miners.length} miners were registered`);
  }

  /** All measurers of these miners find the same; of all, where none are named. */
  measure(found: Partial<ChallengeReport>, of?: readonly number[]): void {
    const miners = of ?? Array.from({ length: this.state.miners.length }, (_, miner) => miner);
    for (let mixer = 0; mixer < this.state.mixers.length; mixer++) {
      const own = miners.filter((miner) => measurersOf(this, miner, found).includes(mixer));
      const reports = own.map((miner) => this.report(mixer, { miner, ...found }));
      this.block(this.batchTx({ mixer, records: { reports } }));
    }
  }

  /** Certifies one task of each receipt; the auditors of all find the same. */
  work(receipts: readonly Partial<Receipt>[], numbers = honest): void {
    const made = receipts.map((change) => this.receipt(change));
    this.certify(...made);
    this.settleAudits(made, numbers);
    const expected = numbers === honest ? 'approved' : 'rejected';
    for (const { taskId } of made) {
      const task = this.state.taskOf(taskId);
      if (task === undefined || this.state.tasks.at(task).status !== expected) throw new Error('a task went astray');
    }
  }

  /** Lets the auditors of all these tasks find the same. */
  settleAudits(receipts: readonly Receipt[], numbers: AuditNumbers): void {
    for (;;) {
      const pairs = receipts.flatMap(({ taskId }) =>
        this.#freshAuditors(taskId).map((auditor) => this.auditPair(auditor, taskId, numbers)),
      );
      if (pairs.length === 0) return;
      this.block(...pairs.map((pair) => pair.commit()));
      this.block(...pairs.map((pair) => pair.reveal()));
    }
  }

  #freshAuditors(taskId: Uint8Array): number[] {
    const audit = this.state.auditOf(taskId);
    const slots = audit === undefined ? [] : this.state.audits.at(audit).auditors;
    return slots.filter(({ state }) => state === 'drawn').map(({ validator }) => validator);
  }

  /** Ends epochs until one pays emission. */
  finishPeriod(): EpochClose {
    for (;;) {
      const close = this.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
      if (close !== undefined && close.emission !== null) return close;
    }
  }
}

/** Emission of one stack, and of one role in it, in base units. */
export function emitted(close: EpochClose, stack: string, role?: number): bigint {
  const paid = close.payouts.filter((each) => each.source === 'emission' && each.stack === stack);
  return paid.filter((each) => role === undefined || each.role === role).reduce((sum, each) => sum + each.units, 0n);
}

/** Whether two amounts differ by no more than rounding can make them: 10⁻⁶ of the larger unit and a little. */
export function near(actual: bigint, expected: bigint): boolean {
  const difference = actual > expected ? actual - expected : expected - actual;
  return difference * 1_000_000n <= expected + 1_000_000n;
}
