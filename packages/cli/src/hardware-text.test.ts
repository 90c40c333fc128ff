import { describe, expect, it } from 'vitest';
import { hardwareText } from './hardware-text.ts';

const nothing = { cpu: '', cores: 0, memoryGib: 0, gpu: '', gpuMemoryGib: 0 };

describe('a machine in a line (§3.13)', () => {
  it.each([
    [nothing, 'nothing declared'],
    [{ ...nothing, cores: 1, memoryGib: 4 }, '1 core, 4 GiB (declared, not checked)'],
    [
      { cpu: 'A CPU', cores: 64, memoryGib: 512, gpu: '8 × a card', gpuMemoryGib: 1128 },
      'A CPU, 64 cores, 512 GiB, GPU 8 × a card, 1128 GiB (declared, not checked)',
    ],
    [{ ...nothing, gpu: 'Card' }, 'GPU Card (declared, not checked)'],
  ])('says of %j what there is', (hardware, said) => {
    expect(hardwareText(hardware)).toBe(said);
  });

  it('gives no terminal what a stranger wrote for it', () => {
    expect(hardwareText({ ...nothing, cpu: 'a\u001b[2Jb\nc\u202ed' })).toBe('a?[2Jb?c?d (declared, not checked)');
  });
});
