import { NoMessage, networkLimits } from '@assay/roles/ports/network';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { Subscriptions } from './subscriptions.ts';

describe('subscriptions', () => {
  it('drop the newest of what is published to a peer that is behind, and count it (§5.24)', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const subscriptions = new Subscriptions(runtime);
    const heard: number[] = [];
    subscriptions.add('news', ([first = 0, second = 0]) => heard.push(first + 256 * second));
    const publish = (number: number) => subscriptions.deliver('news', Uint8Array.of(number % 256, number >> 8), 'a');
    for (let i = 0; i <= networkLimits.topicMessages; i++) publish(i);
    expect(subscriptions.dropped).toBe(1);
    await runtime.pass(0);
    publish(10_000);
    await runtime.pass(0);
    expect(heard).toEqual([...Array(networkLimits.topicMessages).keys(), 10_000]);
  });

  it('tell whose message is none of its topic, and of nobody where something else went wrong (§5.28)', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const faulty: string[] = [];
    const subscriptions = new Subscriptions(runtime, (_topic, author) => faulty.push(author));
    subscriptions.add('news', ([first]) => {
      throw first === 0 ? new NoMessage() : new RangeError('this peer has no such row');
    });
    for (const [author, byte] of Object.entries({ a: 0, b: 1 })) {
      subscriptions.deliver('news', Uint8Array.of(byte), author);
    }
    await runtime.pass(0);
    expect(faulty).toEqual(['a']);
  });

  it('go on after a message that their handler cannot read, and are silent once they ended', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const subscriptions = new Subscriptions(runtime);
    const heard: number[] = [];
    subscriptions.add('news', ([first = 0]) => {
      if (first === 0) throw new RangeError('not a message');
      heard.push(first);
    });
    for (const byte of [0, 1]) subscriptions.deliver('news', Uint8Array.of(byte), 'a');
    subscriptions.deliver('other news', Uint8Array.of(2), 'a');
    await runtime.pass(0);
    subscriptions.deliver('news', Uint8Array.of(3), 'a');
    subscriptions.end();
    await runtime.pass(0);
    expect(heard).toEqual([1]);
  });
});
