import { auditorStates, roleStatuses, State, stakeKinds, verdicts } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditAll } from './audits.fixture.ts';
import { Ledger } from './ledger.ts';
import { act } from './random.fixture.ts';
import { statusTx } from './roles.fixture.ts';
import { LedgerState } from './state.ts';
import { honest, World } from './world.fixture.ts';

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
        expect(state.openAudits.tokens).toBe(loaded.openAudits.tokens);
        expect(state.openAudits.size).toBe([...state.audits].filter(({ verdict }) => verdict === verdicts.open).length);
        for (const validator of state.validators.length === 0 ? [] : [0, 1, 2, 3]) {
          expect(state.openAudits.owedBy(validator)).toEqual(loaded.openAudits.owedBy(validator));
          owed += state.openAudits.owedBy(validator).length;
        }
        for (const { auditors, verdict } of state.audits) {
          const isLate = auditors.some((slot) => slot.state === auditorStates.drawn && slot.deadline <= world.height);
          expect(verdict === verdicts.open && isLate).toBe(false);
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
    const receipts = Array.from({ length: 10 }, () => world.receipt());
    world.certify(...receipts);
    const opened = () => receipts.filter(({ taskId }) => world.state.auditOf(taskId) !== undefined);
    expect(opened()).toEqual(receipts.slice(0, 4));
    const ended = () => world.events.filter(({ type }) => type === 'taskApproved' || type === 'taskRejected');
    world.block();
    expect(opened()).toHaveLength(4);
    expect(ended()).toEqual([]);
    for (const turn of [0, 4, 8]) {
      auditAll(
        world,
        receipts.slice(turn, turn + 4).map(({ taskId }) => taskId),
        honest,
      );
      world.block();
      expect(opened()).toHaveLength(Math.min(turn + 8, 10));
    }
    expect(ended().map(({ type }) => type)).toEqual(Array(10).fill('taskApproved'));
    const levels = receipts.map(({ taskId }) => world.state.audits.at(world.state.auditOf(taskId) ?? 0).drawnHeight);
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  });

  it('counts tokens, so that long prompts leave room for fewer, and one alone always has some', () => {
    const world = new World({ balanceUnits: 10_000_000n, audit: { openTokensPerValidator: 256 } }).populate();
    world.send('payer', 'topUpSession', { session: 0, amountUnits: 100_000n });
    const receipts = [0, 1, 2].map(() => world.receipt({ tokensIn: 2000, tokensOut: 40 }));
    world.certify(...receipts);
    const { openAudits } = world.state;
    expect(openAudits.size).toBe(1);
    for (const [place, { taskId }] of receipts.entries()) {
      auditAll(world, taskId, honest);
      world.block();
      expect(openAudits.size).toBe(place === 2 ? 0 : 1);
    }
  });
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
    const kind = stakeKinds.validator;
    const transactions = [world.tx('validator1', 'setRoleStatus', { kind, role: 1, status: roleStatuses.active })];
    const loaded = Ledger.fromSnapshot(world.ledger.snapshot());
    const { height, timeMs } = world.state.globals;
    const block = { height: height + 1, timeMs: timeMs + 500, proposer: 0, transactions };
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
