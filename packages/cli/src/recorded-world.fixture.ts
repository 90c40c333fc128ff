import type { History } from '@assay/explain/replay-blocks';
import { genesisHash, headerRoot } from '@assay/ledger';
import { type honest, World } from '@assay/ledger/fixture';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { type Receipt, SealedBlock, TransactionList } from '@assay/protocol';

/** A world that keeps its blocks, as a node does. */
export class RecordedWorld extends World {
  readonly #blocks: Uint8Array[] = [];
  #headRoot = genesisHash(this.genesis);

  override block(...transactions: readonly Uint8Array[]) {
    const result = super.block(...transactions);
    const { timeMs } = this.state.globals;
    const header = {
      height: result.height,
      timeMs,
      parentRoot: this.#headRoot,
      transactionsRoot: TransactionList.hashTreeRoot([...transactions]),
      stateRoot: result.stateRoot,
    };
    this.#blocks.push(SealedBlock.serialize({ block: { header, transactions: [...transactions] }, seal: null }));
    this.#headRoot = headerRoot(header);
    return result;
  }

  get history(): History {
    const blocks = this.#blocks;
    async function* all(): AsyncGenerator<Uint8Array> {
      yield* blocks;
    }
    return {
      source: 'a test',
      genesis: this.genesis,
      height: blocks.length,
      verifier: nativeVerifier,
      blocks: all,
      closeOf: async () => null,
    };
  }

  auditAll(receipt: Receipt, numbers: typeof honest): void {
    while (this.state.auditOf(receipt.taskId) !== undefined) {
      const index = this.state.auditOf(receipt.taskId) ?? 0;
      const { auditors, verdict } = this.state.audits.at(index);
      if (verdict !== 'open') return;
      const waiting = auditors.filter(({ state }) => state === 'drawn');
      this.audit(receipt.taskId, new Map(waiting.map(({ validator }) => [validator, numbers])));
    }
  }
}
