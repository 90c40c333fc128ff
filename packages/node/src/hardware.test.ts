import { availableParallelism } from 'node:os';
import { Hardware } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { declaredHardware, ownHardware } from './hardware.ts';

const gib = 2 ** 30;
const card = { name: 'NVIDIA H200', memoryMib: 143_771 };

describe('the machine that a miner declares §3.13', () => {
  it('is this one, the same at every look', async () => {
    const own = await ownHardware();
    expect(own.cores).toBeGreaterThanOrEqual(availableParallelism());
    expect(own.memoryGib).toBeGreaterThan(0);
    expect(await ownHardware()).toEqual(own);
    expect(Hardware.deserialize(Hardware.serialize(own))).toEqual(own);
  });

  it('names cards once with their number, and adds their memory up', () => {
    const other = { name: 'NVIDIA L4', memoryMib: 23_034 };
    const machine = { cpu: ' A  CPU\t', cores: 192, memoryBytes: 2015.7 * gib, cards: [card, card, other] };
    const said = { cpu: 'A CPU', cores: 192, memoryGib: 2016, gpu: '2 × NVIDIA H200, NVIDIA L4', gpuMemoryGib: 303 };
    expect(declaredHardware(machine)).toEqual(said);
  });

  it('fits, whatever a machine is called, and has no other memory after a start of its kernel', () => {
    const machine = { cpu: 'é'.repeat(90), cores: 10 ** 6, memoryBytes: 62.79 * gib, cards: Array(40).fill(card) };
    const said = declaredHardware({
      ...machine,
      cards: machine.cards.map((each, i) => ({ ...each, name: `card ${i}` })),
    });
    expect(() => Hardware.serialize(said)).not.toThrow();
    expect(said).toMatchObject({ cpu: 'é'.repeat(32), cores: 65_535, memoryGib: 63 });
    expect(declaredHardware({ ...machine, memoryBytes: 62.71 * gib })).toEqual(declaredHardware(machine));
  });
});
