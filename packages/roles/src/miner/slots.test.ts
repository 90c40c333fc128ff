import { describe, expect, it } from 'vitest';
import { SimulatedRuntime } from '../simulated/runtime.ts';
import { Slots } from './slots.ts';

const runtime = new SimulatedRuntime({ seed: 1 });

describe('the slots of a miner §5.4', () => {
  it('go to who waits the longest as soon as one is free', async () => {
    const slots = new Slots(runtime, 1);
    const order: string[] = [];
    expect(await slots.take(0, 1)).toBe(true);
    const first = slots.take(0, 1).then((isTaken) => order.push(`first ${isTaken}`));
    const second = slots.take(0, 1).then((isTaken) => order.push(`second ${isTaken}`));
    slots.release(0);
    await first;
    slots.release(0);
    await second;
    expect(order).toEqual(['first true', 'second true']);
    slots.release(0);
    expect(await slots.take(0, 1)).toBe(true);
  });

  it('are not taken by who waited in vain', async () => {
    const slots = new Slots(runtime, 1);
    await slots.take(0, 1);
    expect(await runtime.until(slots.take(0, 1))).toBe(false);
    slots.release(0);
    expect(await slots.take(0, 1)).toBe(true);
  });

  it('are not all one mixer’s, however many it asks for (§5.23)', async () => {
    const slots = new Slots(runtime, 8);
    const mine = await runtime.until(Promise.all(Array.from({ length: 8 }, () => slots.take(3, 4))));
    expect(mine.filter((isTaken) => isTaken)).toHaveLength(3);
    expect(await slots.take(1, 4)).toBe(true);
    const waiting = slots.take(3, 4);
    slots.release(1);
    expect(await runtime.until(waiting)).toBe(false);
    slots.release(3);
    expect(await slots.take(3, 4)).toBe(true);
  });
});
