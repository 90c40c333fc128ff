import { type EpochClose, type LedgerEvent, MinerRow, State, type StateValue, stateRootAlong } from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conservation } from '../block/conservation.ts';
import { type BlockInput, Ledger } from '../block/ledger.ts';
import { drawTable } from '../draw/draw.ts';
import type { LedgerView } from '../state/view.ts';
import { act, duty } from '../testing/random.fixture.ts';
import type { Act } from '../testing/random-values.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';

const budgets = [1, 7, 1000, 100_000_000];
const wash = { mintOfBurnBps: 9000, bootstrapPeriods: 100 };
const cases = { gainPpb: 600_000_000, foundationReview: false, appealEpochs: 1, breakerMinFailing: 100 };

/** A network in the last block but one of an epoch, after random blocks. */
function grownWorld(acts: readonly (readonly Act[])[], epochBlocks: number, idleMiners = 0): World {
  const first = new World();
  const world = new World({
    params: { epochBlocks, receiptLifetimeBlocks: 4, wash, cases: { ...first.state.params.cases, ...cases } },
  });
  const state = State.deserialize(world.ledger.snapshot());
  world.ledger = Ledger.fromSnapshot(
    State.serialize({ ...state, miners: Array.from({ length: idleMiners }, (_, i) => idleMiner(i)) }),
  );
  world.populate();
  for (const each of acts) world.block(...each.flatMap((one) => one(world)));
  while (world.height % epochBlocks !== epochBlocks - 2) world.block();
  return world;
}

/** A miner of a model that nobody asks for. */
function idleMiner(number: number): MinerRow {
  const publicKey = sha256(Uint8Array.of(number));
  return { ...MinerRow.defaultValue(), operator: publicKey.subarray(0, 20), publicKey, models: [1] };
}

/** The same ledger with another number of rows to a block. */
function withRows(world: World, settlementRows: number): Ledger {
  const state = State.deserialize(world.ledger.snapshot());
  return Ledger.fromSnapshot(State.serialize({ ...state, params: { ...state.params, settlementRows } }));
}

const nextBlock = ({ state }: Ledger, transactions: readonly Uint8Array[] = []): BlockInput => {
  const { height, timeMs } = state.globals;
  return { height: height + 1, timeMs: timeMs + state.params.blockTimeMs, transactions };
};

const closesOf = (events: readonly LedgerEvent[]): EpochClose[] =>
  events.flatMap((event) => (event.type === 'epochClosed' ? [event.close] : []));

/** The state as JSON, whatever its rows to a block. */
function bareState(ledger: Ledger): unknown {
  const value = State.deserialize(ledger.snapshot());
  return State.toJson({ ...value, params: { ...value.params, settlementRows: 1 } });
}

/** What the first miners are drawn by. */
function weightsOf(state: LedgerView, miners: number): unknown {
  return drawTable(state)
    .entries.slice(0, miners)
    .map(({ weight, level }) => ({ weight, level }));
}

const acts = (minLength: number, maxLength: number) =>
  fc.array(fc.array(act, { maxLength: 6 }), { minLength, maxLength, size: 'max' });

/** So many that a settlement of one row a block is still with them after what is done meanwhile. */
const idle = 30;
const dutiesMeanwhile = fc.array(fc.array(duty, { maxLength: 6 }), { minLength: 10, maxLength: 20, size: 'max' });

describe('a settlement §2.7', () => {
  it('leaves the same state however it is spread', () => {
    const blocks: number[] = [];
    fc.assert(
      fc.property(acts(30, 60), (script) => {
        const world = grownWorld(script, 100);
        const { verifier } = world.keys;
        const ledgers = budgets.map((rows) => withRows(world, rows));
        const closes = ledgers.map((): EpochClose[] => []);
        let spread = 0;
        do {
          spread += 1;
          for (const [i, ledger] of ledgers.entries()) {
            closes[i]?.push(...closesOf(ledger.applyBlock(nextBlock(ledger), verifier).events));
            expect(conservation(ledger.state)).toBeNull();
          }
        } while (ledgers.some(({ isSettling }) => isSettling));
        blocks.push(spread);
        for (const ledger of ledgers) expect(bareState(ledger)).toEqual(bareState(ledgers.at(-1) as Ledger));
        for (const close of closes) expect(close).toEqual(closes.at(-1));
        expect(closes[0]).toHaveLength(1);
      }),
      { numRuns: 20 },
    );
    expect(Math.max(...blocks)).toBeGreaterThan(15);
  }, 120_000);

  it('pays and draws by the books, whatever transactions come in between', () => {
    fc.assert(
      fc.property(acts(30, 60), acts(20, 60), (script, later) => {
        const world = grownWorld(script, 100);
        const { verifier } = world.keys;
        const ledgers = budgets.map((rows) => withRows(world, rows));
        const closes = ledgers.map((): EpochClose[] => []);
        const miners = world.state.miners.length;
        const [whole] = world.block().events.flatMap((event) => (event.type === 'epochClosed' ? [event.close] : []));
        for (const ledger of ledgers) ledger.applyBlock(nextBlock(ledger), verifier);
        for (const each of later) {
          for (const { state } of ledgers) expect(weightsOf(state, miners)).toEqual(weightsOf(world.state, miners));
          const transactions = each.flatMap((one) => one(world));
          world.block(...transactions);
          for (const [i, ledger] of ledgers.entries()) {
            closes[i]?.push(...closesOf(ledger.applyBlock(nextBlock(ledger, transactions), verifier).events));
            expect(conservation(ledger.state)).toBeNull();
          }
        }
        for (const [i, ledger] of ledgers.entries()) {
          while (ledger.isSettling) closes[i]?.push(...closesOf(ledger.applyBlock(nextBlock(ledger), verifier).events));
          expect(ledger.state.globals.settlingUnits).toBe(0n);
          for (const close of closes[i] ?? []) if (close.epoch === whole?.epoch) expect(close).toEqual(whole);
        }
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('leaves to each miner what it did meanwhile, as if all had been settled at once', () => {
    let early = 0;
    fc.assert(
      fc.property(acts(30, 60), dutiesMeanwhile, (script, later) => {
        const world = grownWorld(script, 100, idle);
        const slow = withRows(world, 1);
        slow.applyBlock(nextBlock(slow), world.keys.verifier);
        world.block();
        for (const each of later) {
          const transactions = each.flatMap((one) => one(world));
          slow.applyBlock(nextBlock(slow, transactions), world.keys.verifier);
          world.block(...transactions);
          const { miners } = slow.state;
          expect(Array.from(miners, (_, miner) => miners.standing(miner))).toEqual([...world.state.miners]);
        }
        const epochs = Array.from(slow.state.miners, ({ standingEpoch }) => standingEpoch);
        if ((epochs[idle - 1] ?? 0) < Math.max(...epochs.slice(idle))) early += 1;
      }),
      { numRuns: 20 },
    );
    // Some were written before the settlement came to them.
    expect(early).toBeGreaterThan(10);
  }, 120_000);

  it('is finished at once when the next epoch ends, and epochs are settled in order', () => {
    const world = grownWorld([], 4);
    const ledger = withRows(world, 1);
    const settled: number[] = [];
    let halfDone = 0;
    for (let i = 0; i < 40; i++) {
      const { events } = ledger.applyBlock(nextBlock(ledger), world.keys.verifier);
      settled.push(...closesOf(events).map(({ epoch }) => epoch));
      if (ledger.isSettling) halfDone += 1;
      expect(ledger.state.globals.epoch - ledger.state.globals.settledEpochs).toBeLessThanOrEqual(1);
    }
    const first = settled[0] ?? 0;
    expect(settled).toEqual(settled.map((_, i) => first + i));
    expect(settled.length).toBeGreaterThanOrEqual(9);
    expect(halfDone).toBeGreaterThan(9);
  });

  it('takes as many blocks as its cost needs', () => {
    for (const settlementRows of [1, 2, 3, 5, 1000]) {
      const world = new World({ params: { settlementRows, epochBlocks: 40 } }).populate();
      world.finishEpoch();
      let blocks = 1;
      for (; world.ledger.isSettling; blocks++) world.block();
      const { mixers, oracles, validators } = world.state;
      // One miner that did nothing: itself; one contestant; security's shares; holdings; those and the treasury paid.
      const security = mixers.length + validators.length + oracles.length;
      const cost = 4 + 1 + security + 2 + 4 * (security + 1);
      expect(blocks, `${settlementRows} rows`).toBe(Math.floor(cost / (4 * settlementRows)) + 1);
    }
  });

  it('keeps what it owes in the state, and shows rows as they will be', () => {
    const world = new World({ params: { settlementRows: 1, epochBlocks: 40 } }).populate();
    const receipt = world.receipt();
    world.certify(receipt);
    for (let i = 0; i < 3; i++) {
      const auditors = world.auditorsOf(receipt.taskId);
      world.audit(receipt.taskId, new Map(auditors.map((auditor) => [auditor, honest])));
    }
    world.finishEpoch();
    expect(world.ledger.isSettling).toBe(true);
    const settled = { trustPpb: 120_851_980, epochVwu: 0n, standingEpoch: 1 };
    expect(world.state.miners.standing(0)).toMatchObject(settled);
    let owed = 0n;
    while (world.ledger.isSettling) {
      world.block();
      const { settlingUnits } = world.state.globals;
      if (settlingUnits > owed) owed = settlingUnits;
      expect(conservation(world.state)).toBeNull();
    }
    expect(owed).toBeGreaterThan(0n);
    expect(world.state.globals.settlingUnits).toBe(0n);
  });

  it('is taken up from each state in its middle, and goes on to the same end', () => {
    fc.assert(
      fc.property(acts(30, 60), acts(8, 30), fc.constantFrom(1, 3, 20), (script, later, settlementRows) => {
        const world = grownWorld(script, 100);
        world.ledger = withRows(world, settlementRows);
        const { verifier } = world.keys;
        world.block();
        const ledgers: Ledger[] = [];
        for (let block = 0; world.ledger.isSettling; block++) {
          ledgers.push(Ledger.fromSnapshot(world.ledger.snapshot()));
          expect(ledgers.at(-1)?.stateRoot()).toEqual(world.ledger.stateRoot());
          const transactions = (later[block] ?? []).flatMap((one) => one(world));
          const next = nextBlock(world.ledger, transactions);
          const result = world.block(...transactions);
          for (const ledger of ledgers) expect(ledger.applyBlock(next, verifier)).toEqual(result);
        }
        for (const ledger of ledgers) expect(ledger.snapshot()).toEqual(world.ledger.snapshot());
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it('is refused where the state contradicts itself', () => {
    const world = new World({ params: { settlementRows: 1, epochBlocks: 40 } }).populate();
    world.finishEpoch();
    const half = State.deserialize(world.ledger.snapshot());
    while (world.ledger.isSettling) world.block();
    const whole = State.deserialize(world.ledger.snapshot());
    const reading = (value: StateValue) => () => Ledger.fromSnapshot(State.serialize(value));
    const noBooks = 'The state says that 0 of 1 epochs are settled, but has no books of the next.';
    expect(reading({ ...half, books: [] })).toThrow(noBooks);
    expect(reading({ ...whole, books: half.books })).toThrow('The state says that 1 of 1 epochs are settled');
    const done = { ...half, globals: { ...half.globals, height: whole.globals.height } };
    expect(reading(done)).toThrow('The state says that epoch 0 is half settled, but all of it is done.');
  });

  it('proves rows as the root has them, and as they are read', () => {
    const world = grownWorld([], 16, 3);
    const ledger = withRows(world, 1);
    ledger.applyBlock(nextBlock(ledger), world.keys.verifier);
    const value = State.deserialize(ledger.snapshot());
    expect(State.hashTreeRoot(value)).toEqual(ledger.stateRoot());
    const { miners, globals } = ledger.state;
    const rows = [...miners];
    expect(rows.map(({ standingEpoch }) => standingEpoch)).toEqual([globals.epoch, 0, 0, 0]);
    for (const [index, row] of rows.entries()) {
      const proof = ledger.prove('miners', index) ?? { row: new Uint8Array(), path: [] };
      expect(MinerRow.deserialize(proof.row)).toEqual(row);
      expect(stateRootAlong('miners', { index, ...proof })).toEqual(ledger.stateRoot());
    }
  });
});
