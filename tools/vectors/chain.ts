import { epochJson } from '@assay/explain/json';
import { blockSigningRoot, genesisHash, headerRoot, proposerOf } from '@assay/ledger';
import { checked, domainTerms, hardFailure, type honest, realKeys, World } from '@assay/ledger/fixture';
import { devnetParams } from '@assay/node/devnet/genesis';
import { defaultPreset, presetNames, presetParams } from '@assay/node/presets/presets';
import { Genesis, type Params, type Receipt, SealedBlock, TransactionList } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';

/** A chain as `spec/vectors/chain-PRESET.json` keeps it. */
export interface RecordedChain {
  readonly genesis: unknown;
  /** Sealed blocks from height 1 on, serialised, each with the state root it leads to. */
  readonly blocks: readonly string[];
  /** What each epoch paid, as the node API says it. */
  readonly closes: readonly unknown[];
}

/** The chains that are recorded: a preset, and its epochs with work; the default network lives longest. */
export const recordedChains: ReadonlyMap<string, number> = new Map(
  presetNames.map((name) => [name, name === defaultPreset ? 6 : 2]),
);

/** A small network that seals and keeps its blocks, as a node does. */
class RecordedWorld extends World {
  readonly blocks: string[] = [];
  #headRoot = genesisHash(this.genesis);

  override block(...transactions: readonly Uint8Array[]) {
    const before = this.ledger.view();
    const result = super.block(...transactions);
    const { timeMs } = this.state.globals;
    const header = {
      height: result.height,
      timeMs,
      parentRoot: this.#headRoot,
      stateRoot: result.stateRoot,
      transactionsRoot: TransactionList.hashTreeRoot([...transactions]),
    };
    const root = blockSigningRoot(this.state.chain, header);
    const signatures = Array.from(this.state.validators, (_, validator) => {
      return { validator, signature: this.key(`consensus${validator}`).sign(root) };
    });
    const proposer = proposerOf(before, signatures, result.height);
    const sealed: SealedBlock = {
      block: { header, transactions: [...transactions] },
      seal: { kind: 'embedded', value: { proposer, signatures } },
    };
    this.blocks.push(`0x${toHex(SealedBlock.serialize(sealed))}`);
    this.#headRoot = headerRoot(header);
    return result;
  }

  /** Lets every auditor of a task give the same numbers, those drawn later too. */
  auditAll({ taskId }: Receipt, numbers: typeof honest): void {
    for (;;) {
      const audit = this.state.audits.get(this.state.auditOf(taskId) ?? -1);
      if (audit === undefined || audit.verdict !== 'open') return;
      const waiting = audit.auditors.filter(({ state }) => state === 'drawn');
      this.audit(taskId, new Map(waiting.map(({ validator }) => [validator, numbers])));
    }
  }
}

/** The parameters of a preset, with the short epochs and waits of a test, and days as long as epochs. */
function shortParams(preset: string): Params {
  const { epochBlocks, receiptLifetimeBlocks, transactionFeeUnits, audit, blockTimeMs } = new World().state.params;
  const params = presetParams(preset, { ...devnetParams, receiptLifetimeBlocks, transactionFeeUnits, audit });
  return { ...params, epochBlocks, rewards: { ...params.rewards, dayMs: epochBlocks * blockTimeMs } };
}

/**
 * A chain under a preset: miners, sessions, stakes, refusals; answers that pass, fail or are not audited; new terms
 * of the domain; so many epochs with work.
 */
export function recordChain(preset: string, rounds: number): RecordedChain {
  const params = shortParams(preset);
  const world = new RecordedWorld({ keys: realKeys, params, audit: params.audit }).populate();
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
    world.tx('owner', 'bond', { kind: 'miner', role: 0, amountUnits: 500n }),
    world.tx('creator', 'delegate', { miner: 0, amountUnits: 2000n }),
    world.tx('payer', 'topUpSession', { session: 0, amountUnits: 5000n }),
  );
  for (let round = 0; round < rounds; round++) answer(world, round);
  const closes = world.events.flatMap((event) => (event.type === 'epochClosed' ? [epochJson(event.close)] : []));
  return { genesis: Genesis.toJson(world.genesis), blocks: world.blocks, closes };
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
  if (round === 1) {
    const terms = domainTerms(world.genesis, { burnBps: 800, domainBps: 250, registrationFeeUnits: 60n });
    world.block(
      world.tx('otherPayer', 'closeSession', { session: 1 }),
      world.tx('landlord', 'updateDomain', { domain: 0, terms }),
    );
  }
  world.finishEpoch();
}

/** The blocks of a recorded chain. */
export const blocksOf = ({ blocks }: Pick<RecordedChain, 'blocks'>): Uint8Array[] =>
  blocks.map((text) => fromHex(text) ?? new Uint8Array());
