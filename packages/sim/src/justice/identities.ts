import { honest, type World } from '@assay/ledger/fixture';
import { measurersOf } from '@assay/ledger/fixture/challenges';
import { BatchRecords, type EpochClose, type Params, type Receipt, withParams } from '@assay/protocol';
import { SmallNetwork } from './small-network.ts';

/** One of the miners of a device, by what of the device shows in it. */
interface Identity {
  /** Part of the device's tasks that are its. */
  readonly tasks: number;
  /** Part of the device's speed and bandwidth that is measured of it. */
  readonly speed: number;
  readonly collateralUnits: bigint;
}

/** How a device is made two miners. */
export interface Splitting {
  /** Whether each has half of the collateral of one, or as much as one. */
  readonly stakes: 'split' | 'same';
  /** Whether they share its throughput all the time, or each is measured while the other has nothing to do. */
  readonly load: 'full' | 'light';
  /** Whether capacity is paid beside work, or work alone (economics §7.1, §7.2). */
  readonly phase: 'bootstrap' | 'guarded';
}

const splittings = (['full', 'light'] as const).flatMap((load) =>
  (['split', 'same'] as const).map((stakes) => ({ load, stakes })),
);

/** Whole devices beside it, and what each of all is. */
const others = 8;
const collateralUnits = 2000n * 1_000_000_000n;
const bandwidth = 12_500_000;
const hashRate = 40_000_000;
const tasksPerEpoch = 8;
const tokens = { tokensIn: 100, tokensOut: 200 };
const answerMs = 5000;
const firstTokenMs = 200;
const whole: Identity = { tasks: 1, speed: 1, collateralUnits };

/** What two miners on one device are paid by the ledger, in parts of what one would be, fees and emission together. */
export function identitiesRatios(params: Params, epochs: number): readonly (Splitting & { readonly ratio: number })[] {
  const phases = { bootstrap: {}, guarded: { bootstrapPeriods: 0 } } as const;
  return Object.entries(phases).flatMap(([name, wash]) => {
    const phase = name as Splitting['phase'];
    // Every mixer measures everybody, in one way and the other.
    const own = withParams(params, { wash, challenges: { lambdaMilli: 20_000 } });
    const one = paidTo([whole], own, epochs);
    return splittings.map((each) => {
      const half = halfOf(each);
      return { ...each, phase, ratio: Number(paidTo([half, half], own, epochs)) / Number(one) };
    });
  });
}

function halfOf({ stakes, load }: Pick<Splitting, 'stakes' | 'load'>): Identity {
  return {
    tasks: 1 / 2,
    speed: load === 'full' ? 1 / 2 : 1,
    collateralUnits: stakes === 'split' ? collateralUnits / 2n : collateralUnits,
  };
}

function paidTo(device: readonly Identity[], params: Params, epochs: number): bigint {
  const all = [...device, ...Array<Identity>(others).fill(whole)];
  const network = new SmallNetwork(
    { params, validators: 4, mixers: 3, miners: all.map((each) => each.collateralUnits) },
    () => honest,
  );
  let paid = 0n;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { payouts } = epochOf(network, all);
    const own = payouts.filter(({ kind, role }) => kind === 'miner' && (role ?? 0) < device.length);
    // The first half gives the trust that the second counts.
    if (2 * epoch >= epochs) paid += own.reduce((sum, { units }) => sum + units, 0n);
  }
  return paid;
}

/** An epoch in which everybody is measured and does its part of the work. */
function epochOf(network: SmallNetwork, all: readonly Identity[]): EpochClose {
  const { world } = network;
  const { epoch } = world.state.globals;
  measure(network, all);
  const receipts = all.flatMap((each, miner) => tasksOf(world, each, miner));
  network.step({ receipts });
  for (;;) {
    const { events } = network.step({});
    const close = events.find((event) => event.type === 'epochClosed')?.close;
    if (close !== undefined && world.state.globals.epoch > epoch) return close;
  }
}

function measure(network: SmallNetwork, all: readonly Identity[]): void {
  const { world } = network;
  for (let mixer = 0; mixer < world.state.mixers.length; mixer++) {
    const reports = all.flatMap(({ speed }, miner) => {
      const found = { hashRate: BigInt(hashRate * speed), bandwidth: BigInt(bandwidth * speed), latencyMs: 40 };
      return measurersOf(world, miner, found).includes(mixer) ? [world.report(mixer, { miner, ...found })] : [];
    });
    network.step({ mixer, records: { ...BatchRecords.defaultValue(), reports } });
  }
}

function tasksOf(world: World, { tasks, speed }: Identity, miner: number): Receipt[] {
  const totalMs = Math.round(firstTokenMs + (answerMs - firstTokenMs) / speed);
  return Array.from({ length: tasksPerEpoch * tasks }, () =>
    world.receipt({ miner, firstTokenMs, totalMs, ...tokens }),
  );
}
