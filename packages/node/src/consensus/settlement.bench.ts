import { Ledger } from '@assay/ledger';
import { AccountRow, type EpochClose, type Genesis, MinerRow, State, type StateValue, tables } from '@assay/protocol';
import { encodeText, sha256 } from '@assay/ssz';
import { ContainerType, ListCompositeType, type Type } from '@chainsafe/ssz';
import type { Bench, Row } from '../../../../bench/bench.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '../crypto/signers.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import { devnetGenesis } from '../devnet/genesis.ts';

/** A million takes minutes to build; ASSAY_BENCH_LARGE=1 adds it. */
const sizes = process.env.ASSAY_BENCH_LARGE === '1' ? [10_000, 100_000, 1_000_000] : [10_000, 100_000];
/** Long, so that no epoch ends while the one before is being settled. */
const epochBlocks = 4096;

const account = (name: string) => new Ed25519Signer(sha256(encodeText(name)));
const committee = (name: string) => new BlsSigner(generateBlsSecret(sha256(encodeText(name))));

function genesis(): Genesis {
  const model = {
    name: 'model',
    fileHash: sha256(encodeText('model')),
    contextTokens: 2048,
    t1ThresholdPpb: 35_000_000,
  };
  const made = devnetGenesis({ account, committee }, { model, miners: 0, timeMs: 1_700_000_000_000 });
  // What the schedule gives is divided by the competition: more to divide than what work burned.
  const wash = { mintOfBurnBps: 0, bootstrapPeriods: 0 };
  return { ...made, params: { ...made.params, epochBlocks, wash } };
}

/** A state before the last block of its epoch, in which each of `count` miners worked and was audited. */
function grown(count: number): Uint8Array {
  const state = State.deserialize(Ledger.fromGenesis(genesis()).snapshot());
  state.globals.height = epochBlocks - 2;
  for (let i = 0; i < count; i++) {
    const operator = sha256(encodeText(`miner ${i}`)).subarray(0, 20);
    state.accounts.push({ ...AccountRow.defaultValue(), address: operator, balanceUnits: 1n });
    state.miners.push({
      ...MinerRow.defaultValue(),
      operator,
      owner: operator,
      publicKey: sha256(operator),
      models: [0],
      contextTokens: 2048,
      concurrency: 4,
      evidenceLevel: 2,
      collateralUnits: BigInt(1 + (i % 1000)),
      trustPpb: 950_000_000,
      split: { operatorBps: 10_000, ownerBps: 0, stakersBps: 0 },
      passedMicro: 100_000_000 + i,
      failedMicro: 1_000_000,
      tasks: 1000,
      audited: 100,
      epochVwu: BigInt(1000 + (i % 777)),
      epochPassed: 1 + (i % 3),
    });
    state.globals.genesisUnits += BigInt(2 + (i % 1000));
  }
  return State.serialize(state);
}

interface Settled {
  readonly cpuS: number;
  readonly wallMs: number;
}

function measured(work: () => void): Settled {
  const begun = process.cpuUsage();
  const startedMs = performance.now();
  work();
  const { user, system } = process.cpuUsage(begun);
  return { cpuS: (user + system) / 1e6, wallMs: performance.now() - startedMs };
}

/** What a settlement took, over all its blocks. */
interface Spread extends Settled {
  readonly close: EpochClose;
  readonly blocks: number;
  /** The longest block, and its CPU, which other programs do not lengthen. */
  readonly longestMs: number;
  readonly longestCpuMs: number;
  readonly memoryMiB: number;
}

const nextBlock = ({ globals }: Pick<StateValue, 'globals'>) => ({
  height: globals.height + 1,
  timeMs: globals.timeMs + 8000,

  transactions: [],
});

function assay(snapshot: Uint8Array): Spread {
  const ledger = Ledger.fromSnapshot(snapshot);
  const costs: Settled[] = [];
  const closes: EpochClose[] = [];
  do {
    const block = nextBlock(ledger.state);
    costs.push(
      measured(() => {
        for (const event of ledger.applyBlock(block, nativeVerifier).events) {
          if (event.type === 'epochClosed') closes.push(event.close);
        }
      }),
    );
  } while (ledger.isSettling);
  const [close] = closes;
  if (close === undefined) throw new Error('the epoch did not end');
  const sum = (of: (cost: Settled) => number) => costs.reduce((total, cost) => total + of(cost), 0);
  return {
    close,
    blocks: costs.length,
    cpuS: sum(({ cpuS }) => cpuS),
    wallMs: sum(({ wallMs }) => wallMs),
    longestMs: Math.max(...costs.map(({ wallMs }) => wallMs)),
    longestCpuMs: Math.max(...costs.map(({ cpuS }) => cpuS * 1000)),
    memoryMiB: process.memoryUsage().rss / 2 ** 20,
  };
}

/** The state of a program that never thought about speed: no tree is kept, rows are hashed one by one. */
const PlainState = new ContainerType({
  globals: State.fields.globals,
  params: State.fields.params,
  ...Object.fromEntries(
    Object.entries(tables).map(([name, { elementType, limit }]) => [
      name,
      new ListCompositeType(new ContainerType(elementType.fields as unknown as Record<string, Type<unknown>>), limit),
    ]),
  ),
});

/** Ages records, draws trust, divides `poolUnits` by work, stake and trust, pays, and hashes everything. */
function straightforward(snapshot: Uint8Array, poolUnits: bigint): Settled & { readonly paid: readonly bigint[] } {
  const state = State.deserialize(snapshot);
  const paid: bigint[] = [];
  const cost = measured(() => {
    const z = 1.645;
    for (const miner of state.miners) {
      miner.passedMicro = Math.floor(miner.passedMicro * 0.99987) + miner.epochPassed * 1e6;
      const [passed, failed] = [miner.passedMicro / 1e6, miner.failedMicro / 1e6 + 1];
      const all = passed + failed;
      const root = Math.sqrt((passed * failed) / all + (z * z) / 4);
      miner.trustPpb = Math.floor(((passed + (z * z) / 2 - z * root) / (all + z * z)) * 1e9);
    }
    const trusted = state.miners.map((miner) => BigInt(miner.trustPpb));
    const work = state.miners.map((miner, i) => miner.epochVwu * (trusted[i] ?? 0n));
    const stake = state.miners.map((miner, i) => miner.collateralUnits * (trusted[i] ?? 0n));
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    const [allWork, allStake] = [sum(work), sum(stake)];
    const weights = work.map((value, i) => (5n * value * allStake + (stake[i] ?? 0n) * allWork) / 6n);
    const whole = sum(weights);
    const accounts = new Map(state.accounts.map((row) => [row.address.join(), row]));
    for (const [i, miner] of state.miners.entries()) {
      const units = (poolUnits * (weights[i] ?? 0n)) / whole;
      paid.push(units);
      const row = accounts.get(miner.operator.join());
      if (row !== undefined) row.balanceUnits += units;
      Object.assign(miner, { epochVwu: 0n, epochPassed: 0, epochFailed: 0 });
    }
    PlainState.hashTreeRoot(state as never);
  });
  return { ...cost, paid };
}

/** Largest difference between what the two pay one miner, as part of it. */
function difference(pool: EpochClose['pools'][number] | undefined, paid: readonly bigint[]): number {
  let most = 0;
  for (const { role, units } of pool?.shares ?? []) {
    most = Math.max(most, Math.abs(Number(units - (paid[role] ?? 0n))) / Number(units));
  }
  return most;
}

function compare(count: number, say: (line: string) => void): Row[] {
  say(`growing ${count} miners`);
  const snapshot = grown(count);
  say(`settling ${count} miners`);
  const ours = assay(snapshot);
  const pool = ours.close.pools.find(({ source, kind }) => source === 'emission' && kind === 'miner');
  const theirs = straightforward(snapshot, pool?.units ?? 0n);
  const apart = difference(pool, theirs.paid);
  if (pool?.shares.length !== count || apart > 1e-3) throw new Error(`the peer pays differently, by up to ${apart}`);
  const miners = `${count.toLocaleString('en')} miners`;
  const longest = `the longest ${Math.round(ours.longestMs)} ms, ${Math.round(ours.longestCpuMs)} ms of CPU`;
  const spread = `${ours.blocks} blocks, ${longest}`;
  const ratio = (theirs.cpuS / ours.cpuS).toFixed(1);
  return [
    { who: `Assay, ${miners}`, value: ours.cpuS, note: `${spread}; ${Math.round(ours.memoryMiB)} MiB in memory` },
    { who: `straightforward, ${miners}`, value: theirs.cpuS, note: `${ratio} × Assay; the same but for rounding` },
  ];
}

export const bench: Bench = {
  id: 12,
  title: 'Settlement of an epoch in which every miner worked: trust, competition, payouts, counts, state root',
  unit: 's CPU',
  target: '1,000,000 miners in less than 1 s, no block above 200 ms, less than 2 GiB',
  compared: false,
  async run(say) {
    useNativeHasher();
    compare(1000, () => {});
    return sizes.flatMap((count) => compare(count, say));
  },
};
