import { type BodyKind, Transaction } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LedgerView } from '../state/state.ts';
import { act } from '../testing/random.fixture.ts';
import type { Act } from '../testing/random-values.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { Ledger } from './ledger.ts';

const someActs = (minLength: number, maxLength: number): fc.Arbitrary<Act[]> =>
  fc.array(act, { minLength, maxLength, size: 'max' });
const people = ['minerA', 'minerB', 'minerC', 'owner', 'creator', 'stranger0', 'mixer1', 'validator2'] as const;
/** Turns that the order of a block decides. */
const ordered: readonly BodyKind[] = ['auditCommit', 'auditReveal', 'acceptModel'];

/** At most one transaction of each sender that would be taken alone and has no place in an order. */
function independent({ ledger, keys }: World, transactions: readonly Uint8Array[]): Uint8Array[] {
  const bySender = new Map<string, Uint8Array>();
  for (const bytes of transactions) {
    if (ledger.check(bytes, keys.verifier) !== 'OK') continue;
    const { publicKey, body } = Transaction.deserialize(bytes).content;
    const sender = toHex(publicKey);
    if (!ordered.includes(body.kind) && !bySender.has(sender)) bySender.set(sender, bytes);
  }
  return [...bySender.values()];
}

function totals(state: LedgerView): unknown {
  const { mintedUnits, burnedUnits, treasuryUnits, beacon, reveals } = state.globals;
  const accounts = Array.from(state.accounts, ({ address, balanceUnits, nonce }) => [
    toHex(address),
    { balanceUnits, nonce },
  ]);
  const tasks = Array.from(state.tasks, (task) => [toHex(task.taskId), task.reveals, task.status]).sort();
  const turned = { beacon: toHex(beacon), reveals, tasks };
  const money = { mintedUnits, burnedUnits, treasuryUnits, held: state.heldUnits() };
  return { ...money, ...turned, accounts: Object.fromEntries(accounts) };
}

it('the order of independent transactions in a block changes no total, no balance and no draw', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(someActs(1, 4), { maxLength: 8 }), someActs(30, 60), (before, acts) => {
      const world = new World({ params: { epochBlocks: 8, receiptLifetimeBlocks: 4 } }).populate();
      const gifts = people.map((to) => world.tx('payer', 'transfer', { to: world.address(to), amountUnits: 3000n }));
      world.block(...gifts);
      for (const each of before) world.block(...each.flatMap((one) => one(world)));
      const transactions = independent(
        world,
        acts.flatMap((one) => one(world)),
      );
      const { height, timeMs } = world.state.globals;
      const [forth, back] = [transactions, transactions.toReversed()].map((each) => {
        const ledger = Ledger.fromSnapshot(world.ledger.snapshot());
        const block = { height: height + 1, timeMs: timeMs + 1, transactions: each };
        const codes = ledger.applyBlock(block, world.keys.verifier).transactions.map(({ code }) => code);
        return { codes, totals: totals(ledger.state) };
      });
      // One of two that want the same is refused in either order: those are not independent.
      if (forth === undefined || back?.codes.reverse().join() !== forth.codes.join()) return;
      compared += transactions.length > 1 ? transactions.length : 0;
      expect(back.totals).toEqual(forth.totals);
    }),
    { numRuns: 200 },
  );
  expect(compared).toBeGreaterThan(100);
}, 120_000);
