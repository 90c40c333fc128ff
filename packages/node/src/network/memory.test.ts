import { networkLimits, peerIdOf, StreamLost } from '@assay/roles/ports/network';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from './memory.ts';
import { peerSigner } from './peer.fixture.ts';

const runtime = new SimulatedRuntime({ seed: 1 });
const signers = { a: peerSigner('a'), b: peerSigner('b'), c: peerSigner('c') };
const ids = { a: peerIdOf(signers.a), b: peerIdOf(signers.b), c: peerIdOf(signers.c) };
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('the memory network', () => {
  it('carries messages both ways in order and ends cleanly', async () => {
    const network = new MemoryNetwork(runtime);
    const a = await network.join(signers.a);
    const b = await network.join(signers.b);
    b.handle('echo', async (stream) => {
      for (let m = await stream.messages.next(); !m.done; m = await stream.messages.next()) await stream.send(m.value);
      stream.close();
    });
    const stream = await a.open(ids.b, 'echo');
    for (let i = 0; i < 10; i++) await stream.send(bytes(i));
    stream.close();
    const got: number[] = [];
    for (let m = await stream.messages.next(); !m.done; m = await stream.messages.next()) got.push(m.value[0] ?? -1);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('makes a writer wait while the reader is behind, and frees it when the reader leaves', async () => {
    const network = new MemoryNetwork(runtime);
    const a = await network.join(signers.a);
    const b = await network.join(signers.b);
    b.handle('sink', () => new Promise<void>(() => {}));
    const stream = await a.open(ids.b, 'sink');
    for (let i = 0; i < networkLimits.streamMessages; i++) await stream.send(bytes(1));
    const blocked = stream.send(bytes(2));
    const refused = expect(blocked).rejects.toThrow(StreamLost);
    b.leave();
    await refused;
  });

  it('breaks the streams of a peer that leaves and refuses new ones', async () => {
    const network = new MemoryNetwork(runtime);
    const a = await network.join(signers.a);
    const b = await network.join(signers.b);
    b.handle('silent', () => new Promise<void>(() => {}));
    const stream = await a.open(ids.b, 'silent');
    const next = expect(stream.messages.next()).rejects.toThrow(StreamLost);
    b.leave();
    await next;
    await expect(a.open(ids.b, 'silent')).rejects.toThrow(StreamLost);
    await expect(a.open(peerIdOf(peerSigner('nobody')), 'silent')).rejects.toThrow(StreamLost);
  });

  it('publishes to every subscriber but the sender', async () => {
    const network = new MemoryNetwork(runtime);
    const [a, b, c] = await Promise.all(Object.values(signers).map((signer) => network.join(signer)));
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      for (const endpoint of [a, b, c]) {
        endpoint?.subscribe('t', (message, from) => {
          heard.push(`${endpoint.id}<${from}:${message[0]}`);
          if (heard.length === 2) resolve();
        });
      }
    });
    a?.publish('t', bytes(7));
    await runtime.until(all);
    expect(heard.sort()).toEqual([`${ids.b}<${ids.a}:7`, `${ids.c}<${ids.a}:7`].sort());
  });

  it('drops the newest of what is published to a peer that is behind (§5.24)', async () => {
    const network = new MemoryNetwork(runtime);
    const [a, b] = [await network.join(signers.a), await network.join(signers.b)];
    const heard: number[] = [];
    b.subscribe('t', ([first = 0, second = 0]) => heard.push(first + 256 * second));
    const publish = (number: number) => a.publish('t', bytes(number % 256, number >> 8));
    for (let i = 0; i <= networkLimits.topicMessages; i++) publish(i);
    await runtime.pass(0);
    publish(10_000);
    await runtime.pass(0);
    expect(heard).toEqual([...Array(networkLimits.topicMessages).keys(), 10_000]);
  });

  it('has room again when streams are over that nobody read to their end', async () => {
    const network = new MemoryNetwork(runtime);
    const a = await network.join(signers.a);
    const b = await network.join(signers.b);
    b.handle('one answer', async (stream) => {
      await stream.messages.next();
      await stream.send(bytes(2));
      stream.close();
    });
    a.handle('accepts', async (stream) => stream.close());
    for (let i = 0; i < networkLimits.streamsPerPeer; i++) {
      const stream = await a.open(ids.b, 'one answer');
      await stream.send(bytes(1));
      await stream.messages.next();
      stream.close();
    }
    expect((await (await b.open(ids.a, 'accepts')).messages.next()).done).toBe(true);
  });

  const hold = async (network: MemoryNetwork, peer: string) => {
    const endpoint = await network.join(peerSigner(peer));
    return Promise.all(Array.from({ length: networkLimits.streamsPerPeer }, () => endpoint.open(ids.b, 'silent')));
  };
  const silent = async () => {
    const network = new MemoryNetwork(runtime);
    (await network.join(signers.b)).handle('silent', () => new Promise<void>(() => {}));
    return network;
  };

  it('lets one peer hold no more than its part of the streams of another (§5.24)', async () => {
    const network = await silent();
    await hold(network, 'a');
    const before = network.streams;
    await expect(network.find(ids.a)?.open(ids.b, 'silent')).rejects.toThrow(StreamLost);
    expect(network.streams).toBe(before);
    await (await network.join(signers.c)).open(ids.b, 'silent');
  });

  it('gives the room of a stream without a message to another, and never that of one in use (§5.24)', async () => {
    const network = await silent();
    const peers = networkLimits.streams / networkLimits.streamsPerPeer;
    const held = (await Promise.all(Array.from({ length: peers }, (_, i) => hold(network, `stranger ${i}`)))).flat();
    const user = await network.join(peerSigner('user'));
    const broken = expect(held[0]?.messages.next()).rejects.toThrow(StreamLost);
    const stream = await user.open(ids.b, 'silent');
    await stream.send(bytes(1));
    await broken;
    for (const each of held.slice(1)) await each.send(bytes(1));
    await expect(user.open(ids.b, 'silent')).rejects.toThrow(StreamLost);
    await expect(stream.send(bytes(2))).resolves.toBeUndefined();
  });

  it('breaks a stream whose first message does not come in time, and no other (§5.24)', async () => {
    const network = await silent();
    const a = await network.join(signers.a);
    const used = await a.open(ids.b, 'silent');
    await used.send(bytes(1));
    const unused = await a.open(ids.b, 'silent');
    await expect(runtime.until(unused.messages.next())).rejects.toThrow(StreamLost);
    await expect(used.send(bytes(2))).resolves.toBeUndefined();
  });

  it('keeps nothing of a stream that is over, whoever reads it: memory does not grow with what was asked', async () => {
    const network = new MemoryNetwork(runtime);
    const a = await network.join(signers.a);
    (await network.join(signers.b)).handle('one answer', async (stream) => {
      await stream.messages.next();
      await stream.send(bytes(2));
      stream.close();
    });
    const open = await a.open(ids.b, 'one answer');
    expect(network.streams).toBe(2);
    open.abort();
    for (let i = 0; i < 100; i++) {
      const stream = await a.open(ids.b, 'one answer');
      await stream.send(bytes(1));
      stream.close();
      await stream.messages.next();
    }
    expect(network.streams).toBe(0);
  });
});
