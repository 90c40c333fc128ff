import { mayPlant, plantStage } from '@assay/ledger';
import { openingOf } from '@assay/ledger/fixture/plants';
import { type AuditNumbers, noNumbers, type Params, type Receipt } from '@assay/protocol';
import { usualPlantsOneIn } from '@assay/roles/miner/index';
import type { RandomStream } from '@assay/roles/ports/runtime';
import { toHex } from '@assay/ssz';
import { SmallNetwork } from './small-network.ts';

/** What a validator that passes a part of its audits without a look came to. */
export interface ValidatorLife {
  readonly share: number;
  /** Audits it revealed numbers of, and those of them that it did not look at. */
  readonly audits: number;
  readonly blind: number;
  /** Cases against it. */
  readonly cases: number;
  /** What it was paid and what it lost, base units. */
  readonly paidUnits: bigint;
  readonly lostUnits: bigint;
}

export interface ValidatorLives {
  readonly lives: readonly ValidatorLife[];
  /** What a task cost. */
  readonly priceUnits: bigint;
  /** What the first blind pass of an untouched stake costs where it is found. */
  readonly stakeUnits: bigint;
}

export interface LazyOptions {
  readonly params: Params;
  /** Parts of the audits that the first validators pass without a look; all others look. */
  readonly shares: readonly number[];
  readonly tasks: number;
  readonly random: RandomStream;
}

const validators = 12;
const miners = 8;
const collateralUnits = 1000n * 1_000_000_000n;
const tokens = { tokensIn: 100, tokensOut: 200 };
const right: AuditNumbers = { ...noNumbers, finding: 'checked', positions: 64 };
/** What who looks measures of a plant (verification §1.7). */
const plantedPpb = 100_000_000;

/**
 * Lives of validators under the ledger itself: blocks with receipts, audits drawn by its beacon, plants opened as
 * miners do (§10.25, §10.26), cases held out of stakes, and settlements (economics §2.2, economics §6.11).
 */
export function validatorLives({ params, shares, tasks, random }: LazyOptions): ValidatorLives {
  const planted = new Set<string>();
  const counts = Array.from({ length: validators }, () => ({ audits: 0, blind: 0 }));
  const auditor = (validator: number, taskId: Uint8Array): AuditNumbers => {
    const count = counts[validator] ?? { audits: 0, blind: 0 };
    const isBlind = random.int(1_000_000) < (shares[validator] ?? 0) * 1_000_000;
    count.audits++;
    count.blind += Number(isBlind);
    return planted.has(toHex(taskId)) && !isBlind ? { ...right, t1Ppb: plantedPpb } : right;
  };
  const network = new SmallNetwork(
    { params, validators, mixers: 1, miners: Array<bigint>(miners).fill(collateralUnits) },
    auditor,
  );
  const { world } = network;
  const plants: Receipt[] = [];
  const stakeUnits = world.state.validators.at(0).stakeUnits;
  const before = counts.map((_, i) => world.balance(`validator${i}`));
  let priceUnits = 0n;
  for (let done = 0; done < tasks; done += miners) {
    const receipts = Array.from({ length: miners }, (_, miner) => world.receipt({ miner, ...tokens }));
    for (const receipt of receipts) {
      priceUnits = receipt.priceUnits;
      if (random.int(usualPlantsOneIn) !== 0 || !mayPlant(world.state, receipt.miner)) continue;
      planted.add(toHex(receipt.taskId));
      plants.push(receipt);
    }
    network.step({ receipts }, ...openings(network, plants));
  }
  const blocks = params.epochBlocks + params.audit.commitBlocks;
  for (let block = 0; block < blocks; block++) network.step({}, ...openings(network, plants));
  const cases = new Map<number, number>();
  for (const event of world.events) {
    if (event.type !== 'caseOpened' || event.kind !== 'validator') continue;
    cases.set(event.role, (cases.get(event.role) ?? 0) + 1);
  }
  const lives = counts.map((count, i) => ({
    ...count,
    share: shares[i] ?? 0,
    cases: cases.get(i) ?? 0,
    paidUnits: world.balance(`validator${i}`) - (before[i] ?? 0n),
    lostUnits: stakeUnits - world.state.validators.at(i).stakeUnits,
  }));
  return { lives, priceUnits, stakeUnits };
}

/** What miners say of their plants after a block (§14.13). */
function openings({ world }: SmallNetwork, plants: readonly Receipt[]): Uint8Array[] {
  const { state } = world;
  const opened = new Set<number>();
  return plants.flatMap(({ taskId, miner }) => {
    const stage = plantStage(state, taskId);
    const isDue = stage === 'found' || (stage === 'passed' && state.miners.at(miner).plantFrom <= state.globals.epoch);
    if (!isDue || opened.has(miner)) return [];
    opened.add(miner);
    return [world.tx(`miner${miner}`, 'openPlant', openingOf(taskId), { feeUnits: 0n })];
  });
}
