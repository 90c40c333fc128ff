import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { auditDuties } from '../audit/audits.ts';
import { drawnWorld } from '../testing/audits.fixture.ts';
import { World } from '../testing/world.fixture.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

describe('lists §10.19', () => {
  it('take what applies and name the rest by its index', () => {
    const world = new World({ validators: 2 }).populate();
    const receipts = [world.receipt(), world.receipt()];
    world.certify(...receipts);
    const unknown = hash('no task');
    const items = [unknown, ...receipts.map(({ taskId }) => taskId), unknown].map((taskId) => ({
      taskId,
      commitment: hash('numbers'),
    }));
    const own = 'validator1';
    const { transactions } = world.block(world.tx(own, 'auditCommit', { items }, { feeUnits: 0n }));
    const refused = [0, 3].map((item) => ({ item, code: 'UNKNOWN_TASK' }));
    expect(transactions[0]).toMatchObject({ code: 'OK', events: [{ type: 'auditItemsRefused', refused }] });
    expect(auditDuties(world.state, 1)).toEqual([]);
    expect(world.send(own, 'auditCommit', { items: items.slice(1, 3) }, { feeUnits: 0n })).toBe('ALREADY_COMMITTED');
    expect(world.send(own, 'auditCommit', { items: [] }, { feeUnits: 0n })).toBe('MALFORMED');
  });

  it('commit once to what stands twice in them', () => {
    const { world, taskId, fresh } = drawnWorld();
    const [validator = 9] = fresh();
    const [first, second] = ['first', 'second'].map((text) => ({ taskId, commitment: hash(text) }));
    if (first === undefined || second === undefined) throw new Error('two items');
    const own = `validator${validator}` as const;
    world.send(own, 'auditCommit', { items: [first, second] }, { feeUnits: 0n });
    const slot = world.state.audits.at(0).auditors.find((each) => each.validator === validator);
    expect(slot?.commitment).toEqual(first.commitment);
    expect(world.events.at(-1)).toEqual({
      type: 'auditItemsRefused',
      refused: [{ item: 1, code: 'ALREADY_COMMITTED' }],
    });
  });
});
