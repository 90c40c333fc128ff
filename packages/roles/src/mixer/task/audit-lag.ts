import { type BlockResult, type LedgerView, waitingDraws } from '@assay/ledger';
import { AssayError, limits } from '@assay/protocol';

/** Whether audits keep up with tasks, by what the last blocks decided (§14.5). */
export class AuditLag {
  /** Tasks approved or rejected in each of the last blocks. */
  readonly #ended: number[] = [];
  #waiting = 0;
  #bound = 0;

  note({ events }: Pick<BlockResult, 'events'>, state: LedgerView): void {
    this.#ended.push(events.filter(({ type }) => type === 'taskApproved' || type === 'taskRejected').length);
    if (this.#ended.length > limits.auditLagBlocks) this.#ended.shift();
    const decided = this.#ended.reduce((sum, count) => sum + count, 0);
    this.#bound = Math.max(decided, state.openAudits.size);
    this.#waiting = waitingDraws(state);
  }

  /** Throws AssayError TOO_MANY_REQUESTS while another task would wait too long for its verdict. */
  requireRoom(): void {
    if (this.#waiting <= this.#bound) return;
    const detail = `${this.#waiting} tasks wait for their audit, more than the validators check in time.`;
    throw new AssayError('TOO_MANY_REQUESTS', detail);
  }
}
