import type { Miner } from '@assay/client';

type Hardware = Miner['hardware'];

/** §3.13 What a miner says of its machine, in a line. */
export function hardwareText({ cpu, cores, memoryGib, gpu, gpuMemoryGib }: Hardware): string {
  const parts = [
    cpu === '' ? '' : printable(cpu),
    cores === 0 ? '' : `${cores} ${cores === 1 ? 'core' : 'cores'}`,
    memoryGib === 0 ? '' : `${memoryGib} GiB`,
    gpu === '' ? '' : `GPU ${printable(gpu)}${gpuMemoryGib === 0 ? '' : `, ${gpuMemoryGib} GiB`}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing declared' : `${parts.join(', ')} (declared, not checked)`;
}

/** The text is anybody's: what moves a cursor or turns the line around is none of it. */
const printable = (text: string): string => text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?');
