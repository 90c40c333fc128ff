import { limits } from '@assay/protocol';
import { type Endpoint, type MessageStream, networkLimits, StreamLost } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { idOf, libp2pNet, memoryNet, type Net, newsTopic } from './nets.fixture.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const b = idOf('b');
const never = () => new Promise<void>(() => {});

/** All that the other side sends until it ends. */
async function rest(stream: MessageStream): Promise<Uint8Array[]> {
  const got: Uint8Array[] = [];
  for (let m = await stream.messages.next(); m.done !== true; m = await stream.messages.next()) got.push(m.value);
  return got;
}

async function answerOnce(stream: MessageStream): Promise<void> {
  await stream.messages.next();
  await stream.send(bytes(2));
  stream.close();
}

async function echo(stream: MessageStream): Promise<void> {
  for (let m = await stream.messages.next(); m.done !== true; m = await stream.messages.next())
    await stream.send(m.value);
  stream.close();
}

/** Peer `a` in front of a `b` that serves a protocol. */
async function pair(net: Net, serve: (stream: MessageStream) => Promise<void>): Promise<[Endpoint, Endpoint]> {
  const [one, other] = [await net.join('a'), await net.join('b')];
  other.handle('/serve/1', serve);
  return [one, other];
}

/** As many streams to `b` as one peer may have, with a message each. */
async function hold(net: Net, name: string): Promise<MessageStream[]> {
  const peer = await net.join(name);
  const held: MessageStream[] = [];
  const more = async () => {
    const stream = await peer.open(b, '/serve/1');
    await stream.send(bytes(1));
    held.push(stream);
  };
  while (held.length < networkLimits.streamsPerPeer) await Promise.all(Array.from({ length: 64 }, more));
  return held;
}

const nets = [
  { name: 'in memory', open: memoryNet },
  { name: 'over libp2p', open: libp2pNet },
];

describe.each(nets)('streams $name', ({ open }) => {
  it('carries messages both ways in order and ends cleanly', async () => {
    const net = open();
    const [a] = await pair(net, echo);
    const stream = await a.open(b, '/serve/1');
    const sent = [bytes(), ...Array.from({ length: 10 }, (_, i) => bytes(i)), new Uint8Array(1_000_000).fill(7)];
    for (const message of sent) await stream.send(message);
    stream.close();
    expect(await rest(stream)).toEqual(sent);
  });

  it('carries the longest message there may be, and refuses a longer one', async () => {
    const [a] = await pair(open(), echo);
    const stream = await a.open(b, '/serve/1');
    const longest = new Uint8Array(limits.maxMessageBytes).fill(1);
    await stream.send(longest);
    await expect(stream.send(new Uint8Array(limits.maxMessageBytes + 1))).rejects.toThrow(RangeError);
    expect((await stream.messages.next()).value).toHaveLength(longest.length);
  });

  it('makes a writer wait while the reader is behind, and lets it go on when that has read (§5.24)', async () => {
    const [a] = await pair(open(), async (stream) => {
      await stream.messages.next();
      await reading.promise;
      await rest(stream);
      stream.close();
    });
    const reading = Promise.withResolvers<void>();
    const stream = await a.open(b, '/serve/1');
    for (let i = 0; i < networkLimits.streamMessages; i++) await stream.send(bytes(1));
    const blocked = Array.from({ length: networkLimits.streamMessages }, () => stream.send(bytes(2)));
    const isSent = await Promise.race([blocked.at(-1)?.then(() => true), new Promise((wait) => setTimeout(wait, 100))]);
    expect(isSent).not.toBe(true);
    reading.resolve();
    await Promise.all(blocked);
    stream.close();
    expect(await rest(stream)).toEqual([]);
  });

  it('breaks a stream for both when one aborts it, and when its handler fails', async () => {
    const heard = Promise.withResolvers<unknown>();
    const [a] = await pair(open(), async (stream) => {
      await stream.send((await stream.messages.next()).value ?? bytes());
      await stream.messages.next().catch(heard.resolve);
      throw new Error('it fails');
    });
    const stream = await a.open(b, '/serve/1');
    await stream.send(bytes(1));
    await stream.messages.next();
    stream.abort();
    await expect(stream.send(bytes(1))).rejects.toThrow(StreamLost);
    expect(await heard.promise).toBeInstanceOf(StreamLost);
    const other = await a.open(b, '/serve/1');
    await other.send(bytes(1));
    await other.messages.next();
    const broken = expect(other.messages.next()).rejects.toThrow(StreamLost);
    other.close();
    await broken;
  });
});

describe.each(nets)('peers $name', ({ open }) => {
  it('sends on what was sent before the end, and takes answers after it, however many', async () => {
    const [a] = await pair(open(), async (stream) => {
      const asked = await rest(stream);
      for (let i = 0; i < 1000; i++) await stream.send(bytes(asked.length, i % 256));
      stream.close();
    });
    const stream = await a.open(b, '/serve/1');
    void stream.send(bytes(1));
    void stream.send(bytes(2));
    stream.close();
    const got = await rest(stream);
    expect(got.map(([, number]) => number)).toEqual(Array.from({ length: 1000 }, (_, i) => i % 256));
    expect(got[0]?.[0]).toBe(2);
  });

  it('breaks the streams of a peer that leaves, refuses new ones, and takes it back', async () => {
    const net = open();
    const [a, other] = await pair(net, never);
    const stream = await a.open(b, '/serve/1');
    const next = expect(stream.messages.next()).rejects.toThrow(StreamLost);
    other.leave();
    await next;
    await expect(a.open(b, '/serve/1')).rejects.toThrow(StreamLost);
    await expect(a.open(idOf('nobody'), '/serve/1')).rejects.toThrow(StreamLost);
    await expect(a.open('no key', '/serve/1')).rejects.toThrow(StreamLost);
    (await net.join('b')).handle('/serve/1', answerOnce);
    const again = await a.open(b, '/serve/1');
    await again.send(bytes(1));
    expect(await rest(again)).toEqual([bytes(2)]);
  });

  it('has no key twice', async () => {
    const net = open();
    const [first, second] = await Promise.allSettled([net.join('a'), net.join('a')]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    await expect(net.join('a')).rejects.toThrow('already');
  });

  it('says who opened a stream, and refuses a protocol that nobody serves', async () => {
    const net = open();
    const [a, other] = [await net.join('a'), await net.join('b')];
    other.handle('/who/1', async (stream, from) => {
      await stream.send(Buffer.from(from));
      stream.close();
    });
    expect((await rest(await a.open(b, '/who/1'))).map((text) => Buffer.from(text).toString())).toEqual([a.id]);
    await expect(a.open(b, '/another/1')).rejects.toThrow(StreamLost);
  });

  it('publishes to every subscriber but the sender, and says who wrote it, not who passed it on', async () => {
    const net = open();
    const [a, other, c] = [await net.join('a'), await net.join('b'), await net.join('c')];
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      for (const peer of [a, other, c]) {
        peer.subscribe(newsTopic, (message, from) => {
          if (heard.push(`${peer.id}<${from}:${message[0]}`) === 2) resolve();
        });
      }
    });
    await net.known(a, other, c);
    a.publish(newsTopic, bytes(7));
    await net.until(all);
    expect(heard.sort()).toEqual([`${b}<${a.id}:7`, `${c.id}<${a.id}:7`].sort());
  });
});

describe.each(nets)('room $name', ({ open }) => {
  it('makes a writer of long messages wait too, and frees it when the reader leaves (§5.24)', async () => {
    const [a, other] = await pair(open(), never);
    const stream = await a.open(b, '/serve/1');
    const long = new Uint8Array(limits.maxMessageBytes);
    for (let sent = 0; sent < networkLimits.streamBytes; sent += long.length) await stream.send(long);
    const refused = expect(stream.send(bytes(1))).rejects.toThrow(StreamLost);
    other.leave();
    await refused;
  });

  it('keeps nothing of a stream that is over, whoever reads it: memory does not grow with what was asked', async () => {
    const net = open();
    const [a] = await pair(net, answerOnce);
    const held = await a.open(b, '/serve/1');
    expect(net.network.streams).toBe(2);
    held.abort();
    for (let i = 0; i < networkLimits.streamsPerPeer + 10; i++) {
      const stream = await a.open(b, '/serve/1');
      await stream.send(bytes(1));
      if (i % 2 === 0) await stream.messages.next();
      stream.close();
    }
    await expect.poll(() => net.network.streams).toBe(0);
  });

  it('lets one peer hold no more than its part of the streams of another (§5.24)', async () => {
    const net = open();
    (await net.join('b')).handle('/serve/1', never);
    await hold(net, 'a');
    const before = net.network.streams;
    expect(before).toBe(2 * networkLimits.streamsPerPeer);
    await expect(net.peer('a').open(b, '/serve/1')).rejects.toThrow(StreamLost);
    expect(net.network.streams).toBe(before);
    await (await net.join('c')).open(b, '/serve/1');
  });

  it('gives the room of a stream without a message to another, and never that of one in use (§5.24)', async () => {
    const net = open();
    (await net.join('b')).handle('/serve/1', never);
    const peers = networkLimits.streams / networkLimits.streamsPerPeer;
    for (let i = 1; i < peers; i++) await hold(net, `stranger ${i}`);
    const [first] = await hold(net, 'user');
    first?.abort();
    await expect.poll(() => net.network.streams).toBe(2 * networkLimits.streams - 2);
    const unused = await net.peer('user').open(b, '/serve/1');
    const another = await net.join('another');
    const broken = unused.messages.next().catch((error) => error);
    const stream = await another.open(b, '/serve/1');
    await stream.send(bytes(1));
    expect(await broken).toBeInstanceOf(StreamLost);
    await expect(another.open(b, '/serve/1')).rejects.toThrow(StreamLost);
    await expect(stream.send(bytes(2))).resolves.toBeUndefined();
  });

  it('breaks a stream whose first message does not come in time, and no other (§5.24)', async () => {
    const net = open();
    const [a] = await pair(net, never);
    const used = await a.open(b, '/serve/1');
    await used.send(bytes(1));
    const unused = await a.open(b, '/serve/1');
    await expect(net.until(unused.messages.next())).rejects.toThrow(StreamLost);
    await expect(used.send(bytes(2))).resolves.toBeUndefined();
  });
});
