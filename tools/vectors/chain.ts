import { genesisHash } from '@assay/ledger';
import { checked, hardFailure, type honest, realKeys, World } from '@assay/ledger/fixture';
import { blockSigningRoot, headerRoot, proposerAt } from '@assay/node/consensus/seal';
import { epochJson } from '@assay/node/http/node-api/json';
import { Block, fromHex, Genesis, type Receipt, TransactionList, toHex, verdicts } from '@assay/protocol';

/** A chain as `spec/vectors/chain.json` keeps it. */
export interface RecordedChain {
  readonly genesis: unknown;
  /** Serialised blocks from height 1 on, each with the state root it leads to. */
  readonly blocks: readonly string[];
}

const lastHeight = 100;
const auditorsDrawn = 0;

/** A small network that seals and keeps its blocks, as a node does. */
class RecordedWorld extends World {
  readonly blocks: string[] = [];
  #headRoot = genesisHash(this.genesis);

  override block(...transactions: readonly Uint8Array[]) {
    const result = super.block(...transactions);
    const { timeMs } = this.state.globals;
    const proposer = proposerAt(result.height, this.state.validators.length);
    const header = {
      ...{ height: result.height, timeMs, proposer, parentRoot: this.#headRoot, stateRoot: result.stateRoot },
      transactionsRoot: TransactionList.hashTreeRoot([...transactions]),
    };
    const signature = this.key(`validator${proposer}`).sign(blockSigningRoot(this.state.chain, header));
    this.blocks.push(`0x${toHex(Block.serialize({ header, transactions: [...transactions], signature }))}`);
    this.#headRoot = headerRoot(header);
    return result;
  }

  /** Lets every auditor of a task give the same numbers, those drawn later too. */
  auditAll({ taskId }: Receipt, numbers: typeof honest): void {
    for (;;) {
      const audit = this.state.audits.get(this.state.auditOf(taskId) ?? -1);
      if (audit === undefined || audit.verdict !== verdicts.open) return;
      const waiting = audit.auditors.filter(({ state }) => state === auditorsDrawn);
      this.audit(taskId, new Map(waiting.map(({ validator }) => [validator, numbers])));
    }
  }
}

/**
 * A chain and what its epochs paid: miners, sessions, stakes, refusals; answers that pass, fail or are not audited.
 */
export function recordChain(): { readonly chain: RecordedChain; readonly closes: readonly unknown[] } {
  const world = new RecordedWorld({ keys: realKeys }).populate();
  for (const operator of ['minerB', 'minerC'] as const) {
    world.block(world.tx(operator, 'registerMiner', world.registration({ owner: world.address(operator) })));
  }
  world.block(
    world.tx('otherPayer', 'openSession', world.session({ homeMixer: 1, expiryHeight: 60 })),
    world.tx('payer', 'transfer', { to: world.address('stranger0'), amountUnits: 12_345n }),
    world.tx('stranger1', 'transfer', { to: world.address('payer'), amountUnits: 1n }),
    world.tx('payer', 'transfer', { to: world.address('payer'), amountUnits: 10n ** 18n }),
  );
  world.block(
    world.tx('owner', 'bond', { kind: 0, role: 0, amountUnits: 500n }),
    world.tx('creator', 'delegate', { miner: 0, amountUnits: 2000n }),
    world.tx('payer', 'topUpSession', { session: 0, amountUnits: 5000n }),
  );
  for (let round = 0; world.height < lastHeight; round++) answer(world, round);
  const closes = world.events.flatMap((event) => (event.type === 'epochClosed' ? [epochJson(event.close)] : []));
  return { chain: { genesis: Genesis.toJson(world.genesis), blocks: world.blocks }, closes };
}

/** Three answers of a round, by all miners in turn; every third of miner 1's is of another model. */
function answer(world: RecordedWorld, round: number): void {
  const receipts = [0, 1, 2].map((miner) => world.receipt({ miner, tokensOut: 20 + round + miner, totalMs: 400 }));
  world.certify(...receipts);
  for (const [miner, receipt] of receipts.entries()) {
    const isCheated = miner === 1 && round % 3 === 1;
    world.auditAll(receipt, isCheated ? hardFailure : checked(20_000_000 + round));
  }
  if (round === 2) world.block(world.tx('creator', 'undelegate', { miner: 0, amountUnits: 700n }));
  if (round === 1) world.block(world.tx('otherPayer', 'closeSession', { session: 1 }));
  world.finishEpoch();
}

/** The blocks of a recorded chain. */
export const blocksOf = ({ blocks }: RecordedChain): Uint8Array[] =>
  blocks.map((text) => fromHex(text) ?? new Uint8Array());
