import { headerRoot } from '@assay/ledger';
import { World } from '@assay/ledger/fixture';
import { Block } from '@assay/protocol';
import type { CommittedBlock } from '@assay/roles/ports/chain';
import { describe, expect, it } from 'vitest';
import { remindOfCases } from './remind-cases.ts';

const { params } = new World().state;

/** A world whose payer is the foundation, and what its node logs while it is current. */
function reminded(isCurrent = true) {
  const lines: string[] = [];
  const foundation = [new World().address('payer')];
  const world = new World({ params: { cases: { ...params.cases, foundation } } }).populate();
  const listeners: ((committed: CommittedBlock) => void)[] = [];
  const onBlock = (listener: (committed: CommittedBlock) => void) => {
    listeners.push(listener);
    return () => {};
  };
  remindOfCases({ head: () => world.ledger.view(), isCurrent: () => isCurrent, onBlock }, (line) => lines.push(line));
  const endEpoch = () => {
    const block = Block.defaultValue();
    const committed = { block, root: headerRoot(block.header), result: world.finishEpoch() };
    for (const listener of listeners) listener(committed);
  };
  return { world, lines, endEpoch };
}

const ask = (world: World, role: number) => {
  const asked = { kind: 'validator' as const, role, amountUnits: 7n, reasonHash: new Uint8Array(32) };
  expect(world.send('payer', 'openCase', asked)).toBe('OK');
};

describe('the reminder of undecided cases §20.10', () => {
  it('names each at the end of an epoch, until it is decided', () => {
    const { world, lines, endEpoch } = reminded();
    endEpoch();
    expect(lines).toEqual([]);
    ask(world, 1);
    endEpoch();
    const line =
      'Case 0 (byHand) holds 0.000000007 units of validator 1: the foundation decides until the end of epoch 4, else ' +
      'it is dismissed; `assay case show 0` says why.';
    expect(lines).toEqual([line]);
    endEpoch();
    expect(lines).toEqual([line, line]);
    for (let epoch = 0; epoch < 2; epoch++) endEpoch();
    expect(lines.length).toBe(3);
  });

  it('names five, and counts the others', () => {
    const { world, lines, endEpoch } = reminded();
    for (let i = 0; i < 7; i++) ask(world, i % 3);
    endEpoch();
    expect(lines.length).toBe(6);
    expect(lines.at(-1)).toBe('2 more cases wait for the foundation.');
  });

  it('says nothing while the node catches up', () => {
    const { world, lines, endEpoch } = reminded(false);
    ask(world, 0);
    endEpoch();
    expect(lines).toEqual([]);
  });
});
