import { State, tableNames } from '@assay/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { act } from '../testing/random.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { LedgerState } from './state.ts';
import { keyKinds, type LedgerView } from './view.ts';

const blocks = fc.array(fc.array(act, { maxLength: 6 }), { minLength: 20, maxLength: 60, size: 'max' });
/** Heights whose views are kept while the chain goes on. */
const kept = 12;

/** What is found in a view by everything that another may find. */
function found(view: LedgerView, by: LedgerView) {
  const { accounts, miners, mixers, tasks, models, delegations, holdings, measures, disputes, transitions, votes } = by;
  const keysOf = (rows: Iterable<{ readonly publicKey: Uint8Array }>) => Array.from(rows, ({ publicKey }) => publicKey);
  const roles = keyKinds.flatMap((kind) => keysOf(by[`${kind}s`]).map((key) => [kind, key] as const));
  const committee = Array.from(mixers, ({ blsPublicKey }) => ['committee', blsPublicKey] as const);
  const announced = keysOf(by.keyChanges);
  return {
    accounts: Array.from(accounts, ({ address }) => [
      view.accountOf(address),
      view.balanceOf(address),
      view.nonceOf(address),
    ]),
    miners: Array.from(miners, ({ operator }) => view.minerOf(operator)),
    roles: [...roles, ...committee].map(([kind, key]) => view.roleOf(kind, key)),
    announced: announced.flatMap((key) => keyKinds.map((kind) => view.roleOf(kind, key))),
    committees: Array.from(by.committeeKeyChanges, ({ blsPublicKey }) => view.roleOf('committee', blsPublicKey)),
    tasks: Array.from(tasks, ({ taskId }) => [view.taskOf(taskId), view.auditOf(taskId)]),
    models: Array.from(models, ({ name }) => view.modelOf(name)),
    delegations: Array.from(delegations, ({ staker, miner }) => view.delegationOf(staker, miner)),
    holdings: Array.from(holdings, ({ model, holder }) => view.holdingOf(model, holder)),
    measures: Array.from(measures, ({ miner }) => view.measures.of(miner)),
    disputes: Array.from(disputes, ({ taskId }) => view.disputes.of(taskId)),
    transitions: Array.from(transitions, ({ taskId }) => view.transitions.allOf(taskId)),
    votes: Array.from(votes, ({ proposal, voter }) => view.votes.find(proposal, voter)),
  };
}

/** All that can be read of a view; `others` have what it might find, and may not. */
function said(view: LedgerView, others: readonly LedgerView[]) {
  const { globals, params, chain, openAudits, nextDraw, proposedModels } = view;
  return {
    globals,
    params,
    chain,
    nextDraw,
    proposedModels,
    rows: tableNames.map((name) => [name, [...view[name]]]),
    units: tableNames.map((name) => view[name].units),
    held: [view.heldUnits(), view.countHeldUnits()],
    standings: Array.from(view.miners, (_, miner) => view.miners.standing(miner)),
    open: openAudits.size,
    owed: Array.from(view.validators, (_, index) => [openAudits.owedBy(index), openAudits.tokensOwedBy(index)]),
    found: [view, ...others].map((by) => found(view, by)),
  };
}

it('a view says what a state read from its height says, whatever blocks came after it', () => {
  let compared = 0;
  fc.assert(
    fc.property(blocks, fc.constantFrom(2, 100_000), (acts, settlementRows) => {
      const world = new World({ params: { epochBlocks: 8, settlementRows, receiptLifetimeBlocks: 4 } }).populate();
      let views: { readonly view: LedgerView; readonly bytes: Uint8Array }[] = [];
      const compare = () => {
        const last = world.ledger.view();
        for (const { view, bytes } of views) {
          const loaded = new LedgerState(State.deserialize(bytes));
          expect(said(view, [last])).toEqual(said(loaded, [last]));
          compared += 1;
        }
        views = [];
      };
      for (const each of acts) {
        views.push({ view: world.ledger.view(), bytes: world.ledger.snapshot() });
        world.block(...each.flatMap((one) => one(world)));
        if (views.length === kept) compare();
      }
      compare();
    }),
    { numRuns: 6 },
  );
  expect(compared).toBeGreaterThan(100);
}, 120_000);

it('is the same until the next block, and another after it', () => {
  const world = new World().populate();
  const view = world.ledger.view();
  expect(world.ledger.view()).toBe(view);
  const { height } = view.globals;
  world.block();
  expect([view.globals.height, world.ledger.view().globals.height]).toEqual([height, height + 1]);
});
