import { type Genesis, limits, State } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditDuties, waitingDraws } from '../audit/audits.ts';
import { Ledger } from '../block/ledger.ts';
import { auditAll, auditList } from '../testing/audits.fixture.ts';
import { act } from '../testing/random.fixture.ts';
import { statusTx } from '../testing/roles.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';
import { LedgerState } from './state.ts';

it('the audits a block looks at are those that could move, whatever happened before §10.23', () => {
  let owed = 0;
  fc.assert(
    fc.property(fc.array(fc.array(act, { maxLength: 6 }), { minLength: 20, maxLength: 60, size: 'max' }), (blocks) => {
      const world = new World({ params: { epochBlocks: 8, receiptLifetimeBlocks: 4 } }).populate();
      for (const acts of blocks) {
        world.block(...acts.flatMap((each) => each(world)));
        const { state } = world;
        const loaded = new LedgerState(State.deserialize(world.ledger.snapshot()));
        expect(state.openAudits.size).toBe(loaded.openAudits.size);
        expect(state.openAudits.size).toBe([...state.audits].filter(({ verdict }) => verdict === 'open').length);
        for (const validator of state.validators.length === 0 ? [] : [0, 1, 2, 3]) {
          expect(state.openAudits.owedBy(validator)).toEqual(loaded.openAudits.owedBy(validator));
          owed += state.openAudits.owedBy(validator).length;
          const tokens = loaded.openAudits.tokensOwedBy(validator);
          expect(state.openAudits.tokensOwedBy(validator)).toBe(tokens);
          expect(tokens).toBeGreaterThanOrEqual(limits.minAuditTokens * state.openAudits.owedBy(validator).length);
        }
        for (const { auditors, verdict } of state.audits) {
          const isLate = auditors.some((slot) => slot.state === 'drawn' && slot.deadline <= world.height);
          expect(verdict === 'open' && isLate).toBe(false);
        }
      }
    }),
    { numRuns: 40 },
  );
  expect(owed).toBeGreaterThan(100);
}, 60_000);

describe('room for audits §10.23', () => {
  it('makes due draws wait in order, and refunds and approves nothing for it', () => {
    const world = new World({ audit: { openTokensPerValidator: 256 } }).populate();
    const receipts = Array.from({ length: 6 }, () => world.receipt());
    world.certify(...receipts);
    const opened = () => receipts.filter(({ taskId }) => world.state.auditOf(taskId) !== undefined);
    // Four validators, two of them for each.
    expect(opened()).toEqual(receipts.slice(0, 2));
    const ended = () => world.events.filter(({ type }) => type === 'taskApproved' || type === 'taskRejected');
    world.block();
    expect(opened()).toHaveLength(2);
    expect(ended()).toEqual([]);
    for (const turn of [0, 2, 4]) {
      auditAll(
        world,
        receipts.slice(turn, turn + 2).map(({ taskId }) => taskId),
        honest,
      );
      world.block();
      expect(opened()).toHaveLength(Math.min(turn + 4, 6));
    }
    expect(ended().map(({ type }) => type)).toEqual(Array(6).fill('taskApproved'));
    const levels = receipts.map(({ taskId }) => world.state.audits.at(world.state.auditOf(taskId) ?? 0).drawnHeight);
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  });

  it('counts tokens, so that long prompts leave room for fewer, and one alone always has some', () => {
    const world = new World({
      validators: 2,
      balanceUnits: 10_000_000n,
      audit: { openTokensPerValidator: 256 },
    }).populate();
    world.send('payer', 'topUpSession', { session: 0, amountUnits: 100_000n });
    const receipts = [0, 1, 2].map(() => world.receipt({ tokensIn: 2000, tokensOut: 40 }));
    world.certify(...receipts);
    const { openAudits } = world.state;
    expect(openAudits.size).toBe(1);
    for (const [index, { taskId }] of receipts.entries()) {
      auditAll(world, taskId, honest);
      world.block();
      expect(openAudits.size).toBe(index === 2 ? 0 : 1);
    }
  });

  it('is by power, so that many small validators get no more of a full network than one large', () => {
    const edit = ({ validators: [large, ...others], ...rest }: Genesis) => ({
      ...rest,
      validators: large === undefined ? [] : [{ ...large, stakeUnits: 5000n }, ...others],
    });
    const world = new World({ audit: { openTokensPerValidator: 1024 }, edit }).populate();
    world.certify(...Array.from({ length: 20 }, () => world.receipt()));
    expect(waitingDraws(world.state)).toBeGreaterThan(0);
    // Of 4,096 tokens in all the others have 316 each.
    for (const small of [1, 2, 3]) expect(world.state.openAudits.owedBy(small).length).toBeLessThanOrEqual(2);
    expect(world.state.openAudits.owedBy(0).length).toBeGreaterThan(2);
    // Its share by power would be twelve: what others register adds to no one's room beyond two parts.
    expect(world.state.openAudits.owedBy(0).length).toBeLessThanOrEqual(8);
  });

  it('gives who waits no other lot: while a network is full nothing is approved unaudited', () => {
    const audit = { newMinerTasks: 0, minRoutingTrustPpb: 1, floorPpb: 0, openTokensPerValidator: 256 };
    const world = new World({ audit: { ...audit, commitBlocks: 40 } }).populate();
    const first = world.receipt();
    world.certify(first);
    auditAll(world, first.taskId, honest);
    world.finishEpoch();
    world.certify(...Array.from({ length: 60 }, () => world.receipt()));
    expect(waitingDraws(world.state)).toBeGreaterThan(20);
    const waiting = waitingDraws(world.state);
    for (let blocks = 0; blocks < 8; blocks++) world.block(world.batchTx({ mixer: 1 }));
    expect(waitingDraws(world.state)).toBe(waiting);
  });
});

describe('a validator that is slow on purpose, and always in time §10.23', () => {
  const slow = 0;
  const blocks = 400;
  const measuredBlocks = 200;
  const tasksPerBlock = 8;

  it.each([
    ['', []],
    [' though a miner leaves it one colleague', ['validator0', 'minerA'] as const],
  ])(
    'does not hold up the network%s',
    (_what, validatorOperators) => {
      const world = new World({
        validators: 3,
        validatorOperators,
        balanceUnits: 10_000_000_000n,
        audit: { commitBlocks: 120, revealBlocks: 20, openTokensPerValidator: 4096, newMinerTasks: 1_000_000 },
        params: { epochBlocks: 32, receiptLifetimeBlocks: 1024 },
      }).populate();
      const session = world.session({ depositUnits: 5_000_000_000n, expiryHeight: 1_000_000 });
      world.send('payer', 'openSession', session);
      const ended: number[] = [];
      for (let block = 0; block < blocks; block++) {
        const receipts = Array.from({ length: tasksPerBlock }, () => world.receipt({ session: 1 }));
        const batch = world.batchTx({ mixer: block % 4, receipts });
        const { events } = world.block(batch, ...[0, 1, 2].flatMap((validator) => answers(world, validator)));
        ended.push(events.filter(({ type }) => type === 'taskApproved').length);
      }
      const decided = ended.slice(-measuredBlocks).reduce((sum, count) => sum + count, 0);
      // 6 % were decided while all validators had one room.
      expect(decided).toBeGreaterThan(0.95 * tasksPerBlock * measuredBlocks);
      expect(world.state.openAudits.owedBy(slow).length).toBeGreaterThan(0);
      expect([...world.state.validators].map(({ strikes }) => strikes)).toEqual([0, 0, 0]);
    },
    60_000,
  );

  /** What a validator sends for a block: all it owes, or if it is the slow one what it may leave no longer. */
  function answers(world: World, validator: number): Uint8Array[] {
    const duties = auditDuties(world.state, validator).filter(
      ({ deadline }) => validator !== slow || deadline <= world.height + 2,
    );
    return (['commit', 'reveal'] as const).flatMap((step) => {
      const due = duties.filter((duty) => duty.step === step).slice(0, 256);
      if (due.length === 0) return [];
      const pairs = due.map(({ taskId }) => world.auditPair(validator, taskId, honest));
      return [auditList(world, validator, step, pairs)];
    });
  }
});

describe('a ledger that is loaded in the middle of an audit', () => {
  /** Of two validators one is paused; it comes back in the first block that the loaded ledger takes. */
  const partly = () => {
    const world = new World({ validators: 2, audit: { commitBlocks: 3, revealBlocks: 5 } }).populate();
    world.block(statusTx(world, 'validator1', 'paused'));
    world.block(world.tx('payer', 'transfer', { to: world.address('validator1'), amountUnits: 100n }));
    const { taskId, ...receipt } = world.receipt();
    world.certify({ taskId, ...receipt });
    return { world, taskId };
  };
  const comesBack = (world: World) => {
    const kind = 'validator';
    const transactions = [world.tx('validator1', 'setRoleStatus', { kind, role: 1, status: 'active' })];
    const loaded = Ledger.fromSnapshot(world.ledger.snapshot());
    const { height, timeMs } = world.state.globals;
    const block = { height: height + 1, timeMs: timeMs + 500, transactions };
    const { stateRoot } = world.ledger.applyBlock(block, world.keys.verifier);
    expect(loaded.applyBlock(block, world.keys.verifier).stateRoot).toEqual(stateRoot);
  };

  it('draws no auditor that the one before would not, after a draw of fewer than were wanted', () => {
    comesBack(partly().world);
  });

  it('looks at no deadline of a step that was done', () => {
    const { world, taskId } = partly();
    world.block(world.auditPair(0, taskId, honest).commit());
    world.block();
    comesBack(world);
  });
});
