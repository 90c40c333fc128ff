import { describe, expect, it } from 'vitest';
import { Slots } from './slots.ts';

describe('the places of a miner §5.4', () => {
  it('go to who waits the longest as soon as one is free', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    expect(await slots.take()).toBe(true);
    const first = slots.take().then((isTaken) => order.push(`first ${isTaken}`));
    const second = slots.take().then((isTaken) => order.push(`second ${isTaken}`));
    slots.release();
    await first;
    slots.release();
    await second;
    expect(order).toEqual(['first true', 'second true']);
    slots.release();
    expect(await slots.take()).toBe(true);
  });

  it('are not taken by who waited in vain', async () => {
    const slots = new Slots(1);
    await slots.take();
    expect(await slots.take()).toBe(false);
    slots.release();
    expect(await slots.take()).toBe(true);
  });
});
