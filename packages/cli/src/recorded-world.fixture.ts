import { certifiedIn } from '@assay/explain/certified';
import { eventJson } from '@assay/explain/json';
import type { History, KeptState, Marked, TaskSpan } from '@assay/explain/replay-blocks';
import { genesisHash, headerRoot } from '@assay/ledger';
import { type honest, World } from '@assay/ledger/fixture';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { type LedgerEvent, type MarkedEvent, type Receipt, SealedBlock, TransactionList } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';

/** A world that keeps its blocks, as a node does. */
export class RecordedWorld extends World {
  readonly #blocks: Uint8Array[] = [];
  /** After each block. */
  readonly #states: Uint8Array[] = [];
  readonly #events: { readonly height: number; readonly event: LedgerEvent }[] = [];
  readonly #draws = new Map<string, number>();
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
    this.#states.push(this.ledger.snapshot());
    for (const event of result.events) this.#events.push({ height: result.height, event });
    const block = { header, transactions: [...transactions] };
    for (const { receipt } of certifiedIn(block, result)) {
      this.#draws.set(toHex(receipt.taskId), receipt.drawHeight);
    }
    return result;
  }

  /** Read from the state of every third height on. */
  get history(): History {
    return this.historyWith((height) => height % 3 === 0);
  }

  /** With the states of some heights. */
  historyWith(isKept: (height: number) => boolean): History {
    const blocks = this.#blocks;
    async function* all(from: number): AsyncGenerator<Uint8Array> {
      yield* blocks.slice(from - 1);
    }
    return {
      source: 'a test',
      genesis: this.genesis,
      height: blocks.length,
      verifier: nativeVerifier,
      blocks: all,
      stateUpTo: async (height) => this.#keptUpTo(height, isKept),
      spanOf: async (taskId) => this.#spanOf(taskId),
      marked: async <Type extends MarkedEvent>(type: Type) =>
        this.#events
          .filter(({ event }) => event.type === type)
          .map(({ height, event }) => ({ height, event: eventJson(event) }) as unknown as Marked<Type>),
      closeOf: async () => null,
    };
  }

  #keptUpTo(height: number, isKept: (height: number) => boolean): KeptState | null {
    for (let at = Math.min(height, this.#blocks.length); at > 0; at--) {
      const [block, state] = [this.#blocks[at - 1], this.#states[at - 1]];
      if (block !== undefined && state !== undefined && isKept(at)) return { block, state };
    }
    return null;
  }

  #spanOf(taskId: Uint8Array): TaskSpan | null {
    const isOf = (event: LedgerEvent) => 'taskId' in event && equalBytes(event.taskId, taskId);
    const own = this.#events.filter(({ event }) => isOf(event));
    const certified = own.find(({ event }) => event.type === 'taskCertified');
    const drawHeight = this.#draws.get(toHex(taskId));
    if (certified === undefined || drawHeight === undefined) return null;
    return { drawHeight, height: certified.height, heights: own.map(({ height }) => height) };
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
