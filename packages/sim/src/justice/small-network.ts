import type { BlockResult } from '@assay/ledger';
import { type BatchOptions, type Sender, World } from '@assay/ledger/fixture';
import { devnetPrices } from '@assay/node/devnet/genesis';
import { type AuditNumbers, type Genesis, type Params, withParams } from '@assay/protocol';
import { toHex } from '@assay/ssz';

const unit = 1_000_000_000n;
/** As the default network has them. */
const stakes = { mixer: 20_000n * unit, oracle: 2000n * unit, validator: 20_000n * unit, gateway: 2000n * unit };
const session = { depositUnits: 1_000_000n * unit, maxTaskUnits: 10n * unit, expiryHeight: 10_000_000 };

export interface SmallNetworkOptions {
  readonly params: Params;
  readonly validators: number;
  readonly mixers: number;
  /** Collateral of each miner, base units. */
  readonly miners: readonly bigint[];
}

/** What an auditor says of a task. */
export type Auditor = (validator: number, taskId: Uint8Array) => AuditNumbers;

/** The ledger itself, with the money of the default network, whose blocks are made one by one. */
export class SmallNetwork {
  readonly world: World;
  readonly #auditor: Auditor;
  /** Tasks whose audits may have something to do. */
  readonly #watched = new Map<string, Uint8Array>();
  readonly #said = new Map<string, AuditNumbers>();

  constructor({ params, validators, mixers, miners }: SmallNetworkOptions, auditor: Auditor) {
    // What is proven is due without a foundation that has to say so.
    const own = withParams(params, { cases: { foundationReview: false, appealEpochs: 2 } });
    const { audit } = own;
    this.#auditor = auditor;
    this.world = new World({
      params: own,
      audit,
      validators,
      mixers,
      balanceUnits: 10_000_000n * unit,
      edit: asDevnet,
    });
    this.#settle(miners);
  }

  #settle(miners: readonly bigint[]): void {
    const { world } = this;
    const operator = (i: number): Sender => `stranger${i}`;
    const amountUnits = 10_000n * unit;
    const paid = { feeUnits: world.state.params.transactionFeeUnits };
    world.block(
      ...miners.map((_, i) => world.tx('payer', 'transfer', { to: world.address(operator(i)), amountUnits }, paid)),
    );
    world.block(
      ...miners.map((collateralUnits, i) =>
        world.tx(operator(i), 'registerMiner', world.registration({ collateralUnits }), paid),
      ),
      world.tx('payer', 'openSession', world.session(session), paid),
    );
    world.block();
    if (world.state.miners.length !== miners.length) throw new Error('not all miners were registered');
  }

  /** One block with a batch, and with what auditors and others have to send. */
  step(
    batch: Pick<BatchOptions, 'mixer' | 'receipts' | 'records'>,
    ...transactions: readonly Uint8Array[]
  ): BlockResult {
    const { world } = this;
    const result = world.block(world.batchTx(batch), ...this.#auditTransactions(), ...transactions);
    const refused = result.transactions.find(({ code }) => code !== 'OK');
    for (const { taskId } of batch.receipts ?? []) this.#watched.set(toHex(taskId), taskId);
    if (refused !== undefined) throw new Error(`the ledger refused what it should take: ${refused.code}`);
    return result;
  }

  #auditTransactions(): Uint8Array[] {
    const { world } = this;
    const commits = new Map<number, { taskId: Uint8Array; commitment: Uint8Array }[]>();
    const reveals = new Map<number, { taskId: Uint8Array; numbers: AuditNumbers; nonce: Uint8Array }[]>();
    const add = <T>(lists: Map<number, T[]>, validator: number, item: T) =>
      lists.set(validator, [...(lists.get(validator) ?? []), item]);
    for (const [key, taskId] of this.#watched) {
      const audit = world.state.auditOf(taskId);
      if (audit === undefined) {
        if (world.state.taskOf(taskId) === undefined) this.#watched.delete(key);
        continue;
      }
      const { auditors } = world.state.audits.at(audit);
      const isWaiting = auditors.some(({ state }) => state === 'drawn');
      for (const { validator, state } of auditors) {
        const items = () => world.auditPair(validator, taskId, this.#numbersOf(validator, taskId)).items;
        if (state === 'drawn') add(commits, validator, items().commit);
        if (state === 'committed' && !isWaiting) add(reveals, validator, items().reveal);
      }
    }
    const free = { feeUnits: 0n };
    return [
      ...[...commits].map(([v, items]) => world.tx(`validator${v}`, 'auditCommit', { items }, free)),
      ...[...reveals].map(([v, items]) => world.tx(`validator${v}`, 'auditReveal', { items }, free)),
    ];
  }

  #numbersOf(validator: number, taskId: Uint8Array): AuditNumbers {
    const key = `${validator} ${toHex(taskId)}`;
    const numbers = this.#said.get(key) ?? this.#auditor(validator, taskId);
    this.#said.set(key, numbers);
    return numbers;
  }
}

function asDevnet(genesis: Genesis): Genesis {
  const withStake = <Row>(rows: readonly Row[], stakeUnits: bigint) => rows.map((row) => ({ ...row, stakeUnits }));
  return {
    ...genesis,
    mixers: withStake(genesis.mixers, stakes.mixer),
    oracles: withStake(genesis.oracles, stakes.oracle),
    validators: withStake(genesis.validators, stakes.validator),
    gateways: withStake(genesis.gateways, stakes.gateway),
    models: genesis.models.map((model) => ({ ...model, ...devnetPrices })),
  };
}
