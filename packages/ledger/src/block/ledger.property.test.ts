import { addressOf, type EpochClose, type Genesis, State, type StateValue, Transaction } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_UNITS } from '../arithmetic/integers.ts';
import type { LedgerView } from '../state/state.ts';
import { quickKeys } from '../testing/keys.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { act } from '../testing/random.fixture.ts';
import type { Act } from '../testing/random-values.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { conservation } from './conservation.ts';
import { type BlockInput, Ledger } from './ledger.ts';

const blocks = fc.array(fc.array(act, { maxLength: 6 }), { minLength: 20, maxLength: 80, size: 'max' });
/** Voting is short, so that what passes changes the rules in the middle of the blocks. */
const governance = { ...worldParams.governance, votingEpochs: 1, delayEpochs: 0 };
/** Locks are short and minimums low, so that what is staked moves within a few blocks. */
const stake = { unbondingEpochs: 1, mixerMinUnits: 1n, oracleMinUnits: 1n, validatorMinUnits: 1n, gatewayMinUnits: 1n };
/** Fines are due after an epoch unless appealed; two of three decide then. */
const cases = {
  ...worldParams.cases,
  foundationReview: false,
  gainPpb: 600_000_000,
  reviewEpochs: 1,
  appealEpochs: 1,
  breakerMinFailing: 2,
  foundation: (['payer', 'otherPayer', 'minerB'] as const).map((name) => quickKeys.account(name).address),
};
/** Answers are compared, and there is room for some tasks of the network's own. */
const work = { poi: { outlierPpb: 850_000_000 }, background: { maxTokensPerEpoch: 30 } };
const otherFile = new Uint8Array(32).fill(9);
/** A second domain with a model of its own. */
const withSecondDomain = (genesis: Genesis): Genesis => ({
  ...genesis,
  domains: genesis.domains.flatMap((domain) => [domain, { ...domain, name: 'second' }]),
  models: genesis.models.flatMap((model, i) =>
    i === 0 ? [model] : [model, { ...model, name: 'third', domain: 1, fileHash: otherFile }],
  ),
});
function newWorld(settlementRows = 100_000, foundationReview = false): World {
  const world = new World({
    edit: withSecondDomain,
    params: {
      epochBlocks: 8,
      settlementRows,
      receiptLifetimeBlocks: 4,
      governance,
      stake,
      ...work,
      cases: { ...cases, foundationReview },
      // Half of the worlds pay by the schedule alone.
      wash: { mintOfBurnBps: foundationReview ? 0 : 9000, bootstrapPeriods: 5 },
    },
  }).populate();
  // Both domains have a miner and a session, or work in both at once would be rare.
  world.block(
    world.tx('minerC', 'registerMiner', world.registration({ domain: 1, models: [2] })),
    world.tx('payer', 'openSession', world.session({ domain: 1, model: 2 })),
    // Of one payer alone no clock ejects anybody.
    world.tx('otherPayer', 'openSession', world.session({ domain: 1, model: 2 })),
  );
  return world;
}

/** Makes the next block of the world from acts; `apply` sees it first. */
function play(world: World, acts: readonly Act[], apply: (block: BlockInput) => void = () => {}) {
  const transactions = acts.flatMap((each) => each(world));
  const { height, timeMs } = world.state.globals;
  apply({ height: height + 1, timeMs: timeMs + world.state.params.blockTimeMs, transactions });
  return world.block(...transactions);
}

function amountsOf(state: LedgerView): bigint[] {
  const { globals, accounts, miners, delegations, unbonding, holdings, sessions, tasks, proposals } = state;
  return [
    ...[globals.treasuryUnits, globals.mintedUnits, globals.burnedUnits],
    ...Array.from(accounts, (row) => row.balanceUnits),
    ...Array.from(miners, (row) => row.collateralUnits),
    ...[state.mixers, state.oracles, state.validators, state.gateways].flatMap((roles) =>
      Array.from(roles, (row) => row.stakeUnits),
    ),
    ...Array.from(miners, (row) => row.delegatedUnits),
    ...Array.from(holdings, (row) => row.backingUnits),
    ...Array.from(delegations, (row) => row.stakeUnits),
    ...Array.from(unbonding, (row) => row.units),
    ...Array.from(sessions, (row) => row.escrowUnits),
    ...Array.from(sessions, (row) => row.spentUnits),
    ...Array.from(tasks, (row) => row.pendingUnits),
    ...Array.from(proposals, (row) => row.depositUnits),
    ...Array.from(state.cases, (row) => row.heldUnits),
    ...Array.from(state.cases, (row) => row.unbondingUnits),
    ...Array.from(state.cases, (row) => row.bondUnits),
  ];
}

function closesOf({ events }: World): EpochClose[] {
  return events.flatMap((event) => (event.type === 'epochClosed' ? [event.close] : []));
}

/** What an epoch minted for what somebody bought (economics §7.2). */
function mintedForWork({ pools }: EpochClose): bigint {
  const bought = pools.filter(
    ({ source, stack }) => source === 'emission' && ['miners', 'creators', 'gateways'].includes(stack),
  );
  return bought.flatMap(({ shares }) => shares).reduce((sum, { units }) => sum + units, 0n);
}

/** The events of a world, the causes of its cases, and the actions its votes carried out. */
function happened({ events, state }: World): string[] {
  const named = events.flatMap((event) => {
    if (event.type === 'caseOpened') return [event.type, event.cause];
    if (event.type !== 'epochClosed') return [event.type];
    const { division, capacity } = event.close;
    return [...(division.length > 1 ? ['divided'] : []), ...(capacity.length > 0 ? ['capacity'] : [])];
  });
  const executed = [...state.proposals].filter(({ status }) => status === 'executed');
  return [...named, ...executed.map(({ action }) => `voted ${action.kind}`)];
}

/** Blocks that only bounce off would prove little. */
const lively = [
  'OK',
  'taskCertified',
  'taskApproved',
  'taskRejected',
  'taskPaid',
  'sessionClosed',
  'unbonded',
  'auditorMissed',
  'auditItemsRefused',
  'falseVerdict',
  'proposalExecuted',
  'modelDecided',
  'taskRated',
  'modelPriced',
  'sharesOffered',
  'sharesSold',
  'divided',
  'capacity',
  'domainCreated',
  'domainUpdated',
  'minerAdmitted',
  'caseExecuted',
  'caseDismissed',
  'caseDue',
  'equivocation',
  'invalidItem',
  'doubleVote',
  'brokenPrecommit',
  'byHand',
  'rewardsHeld',
  'minerHeld',
  'minerCleared',
  'minerEjected',
  'roleAbsent',
  'ALREADY_PRESENT',
  'ejection',
  'voted treasurySpend',
  'voted modelDifficulty',
  'voted noiseProfile',
  'roleRegistered',
  'roleStatusSet',
  'committeeChosen',
  'keyRotated',
  'minerUpdated',
  'taskLate',
  'minerMeasured',
  'challengeDisputed',
  'challengeJudged',
  'auditReopened',
  'taskReaudited',
  'plantOpened',
];

describe('any blocks whatsoever', () => {
  it('neither make nor lose money, and leave no amount below zero or beyond its field', () => {
    const reached = new Map<string, number>();
    let height = 0;
    fc.assert(
      fc.property(blocks, fc.constantFrom(2, 100_000), fc.boolean(), (acts, settlementRows, isReviewed) => {
        const world = newWorld(settlementRows, isReviewed);
        for (const each of acts) {
          for (const { code } of play(world, each).transactions) reached.set(code, (reached.get(code) ?? 0) + 1);
          expect(conservation(world.state)).toBeNull();
          expect(amountsOf(world.state).every((amount) => amount >= 0n && amount <= MAX_UNITS)).toBe(true);
        }
        height += acts.length;
        for (const close of closesOf(world))
          expect(mintedForWork(close)).toBeLessThanOrEqual(close.emission?.limitUnits ?? MAX_UNITS);
        for (const name of happened(world)) reached.set(name, (reached.get(name) ?? 0) + 1);
      }),
      { numRuns: 250 },
    );
    expect(height).toBeGreaterThanOrEqual(10_000);
    for (const name of lively) expect(reached.get(name) ?? 0, name).toBeGreaterThan(0);
  }, 240_000);

  it('do the same to two ledgers, and to one that begins at any height, in the middle of a settlement too', () => {
    const begun = { settling: 0, settled: 0 };
    fc.assert(
      fc.property(blocks, fc.constantFrom(1, 3, 100_000), (acts, settlementRows) => {
        const world = newWorld(settlementRows);
        const twin = Ledger.fromSnapshot(world.ledger.snapshot());
        const { verifier } = world.keys;
        for (const each of acts) {
          // Another begins with this very height: nothing but the rows may decide what follows.
          const copies = [twin, Ledger.fromSnapshot(world.ledger.snapshot())];
          begun[world.ledger.isSettling ? 'settling' : 'settled'] += 1;
          let block: BlockInput | null = null;
          const result = play(world, each, (made) => {
            block = made;
          });
          for (const copy of copies) if (block !== null) expect(copy.applyBlock(block, verifier)).toEqual(result);
        }
        expect(twin.snapshot()).toEqual(world.ledger.snapshot());
      }),
      { numRuns: 20 },
    );
    expect(Math.min(begun.settling, begun.settled)).toBeGreaterThan(100);
  }, 60_000);

  it('take from a refused sender the fee and the nonce and nothing else', () => {
    let refusals = 0;
    fc.assert(
      fc.property(blocks, (acts) => {
        const world = newWorld();
        for (const each of acts) {
          const [transaction] = each.flatMap((one) => one(world)).slice(0, 1);
          if (transaction === undefined) world.block();
          else if (refused(world, transaction)) refusals += 1;
        }
      }),
      { numRuns: 15 },
    );
    expect(refusals).toBeGreaterThan(50);
  });
});

/**
 * Applies a block of one transaction; when it is refused, compares with the block without it. Whether it was refused.
 */
function refused(world: World, transaction: Uint8Array): boolean {
  const without = Ledger.fromSnapshot(world.ledger.snapshot());
  const { height, timeMs } = world.state.globals;
  const code = world.codeOf(transaction);
  if (code === 'OK') return false;
  const block = { height: height + 1, timeMs: timeMs + world.state.params.blockTimeMs, transactions: [] };
  without.applyBlock(block, world.keys.verifier);
  const expected = State.deserialize(without.snapshot());
  const actual = State.deserialize(world.ledger.snapshot());
  undoFee(expected, actual, transaction);
  expect(State.toJson(actual)).toEqual(State.toJson(expected));
  return true;
}

/** Gives the sender back what a refusal may take. */
function undoFee(expected: StateValue, actual: StateValue, transaction: Uint8Array): void {
  if (actual.globals.treasuryUnits === expected.globals.treasuryUnits) return;
  const { publicKey, feeUnits } = Transaction.deserialize(transaction).content;
  const account = actual.accounts.find(({ address }) => equalBytes(address, addressOf(publicKey)));
  if (account === undefined) throw new Error('a fee was taken from nobody');
  account.balanceUnits += feeUnits;
  account.nonce -= 1;
  actual.globals.treasuryUnits -= feeUnits;
}
