import { connect, createServer } from 'node:net';
import { ChainHead, limits } from '@assay/protocol';
import {
  type Endpoint,
  type MessageStream,
  NoMessage,
  networkLimits,
  peerIdOf,
  StreamLost,
} from '@assay/roles/ports/network';
import { heard, receive } from '@assay/roles/ports/wire';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it, onTestFinished } from 'vitest';
import { realRuntime } from '../../runtime/real.ts';
import { version } from '../../version.ts';
import { idOf, libp2pNet, newsTopic } from '../nets.fixture.ts';
import { peerSigner } from '../peer.fixture.ts';
import { encodeFrame } from './frames.ts';
import { libp2pIdOf, privateKeyOf } from './peer-key.ts';
import { stranger } from './stranger.fixture.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const { openMs } = networkLimits;
const never = () => new Promise<void>(() => {});

async function echo(stream: MessageStream): Promise<void> {
  for (let m = await stream.messages.next(); m.done !== true; m = await stream.messages.next())
    await stream.send(m.value);
  stream.close();
}

/** What comes back of one byte. */
async function isAnswered(stream: MessageStream): Promise<boolean> {
  await stream.send(bytes(9));
  const { value } = await stream.messages.next();
  stream.close();
  return value?.[0] === 9;
}

/** A peer that serves, an honest one, and where the first is. */
async function served() {
  const net = libp2pNet();
  const [server, user] = [await net.join('server'), await net.join('user')];
  server.handle('/echo/1', echo);
  const [address = ''] = server.addresses;
  return { net, server, user, address };
}

/** A way to a port of this machine that carries nothing until it is opened. */
async function slowWay(port: number) {
  const opened = Promise.withResolvers<void>();
  const way = createServer({ pauseOnConnect: true }, async (here) => {
    await opened.promise;
    const there = connect(port, '127.0.0.1');
    for (const socket of [here, there]) socket.on('error', () => {});
    here.pipe(there).pipe(here);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void way.close());
  await new Promise((listening) => way.once('listening', listening));
  return { address: `/ip4/127.0.0.1/tcp/${(way.address() as { port: number }).port}`, open: opened.resolve };
}

describe('a peer that is far or busy', () => {
  it('is connected though nobody waited for it so long: who asks next finds the connection (§5.30)', async () => {
    const real = realRuntime(() => {});
    const hurried = { ...real, timer: (ms: number, fire: () => void) => real.timer(ms === openMs ? 1 : ms, fire) };
    const net = libp2pNet({ runtime: hurried });
    net.network.keepConnected(() => []);
    const server = await net.join('server');
    const way = await slowWay(Number(server.addresses[0]?.match(/tcp\/(\d+)/)?.[1]));
    net.book.give(server.id, [way.address]);
    const user = await net.join('user');
    await expect(user.open(server.id, '/echo/1')).rejects.toThrow(StreamLost);
    way.open();
    await expect.poll(() => user.metrics().connections).toBe(1);
  });
});

it('the keys of a machine dial each its own peers', async () => {
  const net = libp2pNet();
  const peersOf = new Map([
    [idOf('node'), [idOf('a')]],
    [idOf('role'), [idOf('b')]],
  ]);
  net.network.keepConnected((own) => peersOf.get(own) ?? []);
  const peers = await Promise.all(['a', 'b', 'node', 'role'].map((name) => net.join(name)));
  await expect.poll(() => peers.map((peer) => peer.metrics().connections)).toEqual([1, 1, 1, 1]);
});

describe('a peer that nobody answers', () => {
  it('is given up, though it takes the connection (§5.24)', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((listening) => silent.once('listening', listening));
    const net = libp2pNet();
    const user = await net.join('user');
    const { port } = silent.address() as { port: number };
    net.book.give(idOf('silent'), [`/ip4/127.0.0.1/tcp/${port}`]);
    await expect(user.open(idOf('silent'), '/echo/1')).rejects.toThrow(StreamLost);
  });

  it('takes nobody for another: who has an address of a peer and not its key gets no stream', async () => {
    const { net, user, address } = await served();
    for (const claimed of [address, address.replace(/\/p2p\/.*/, '')]) {
      net.book.give(idOf('another'), [claimed]);
      await expect(user.open(idOf('another'), '/echo/1')).rejects.toThrow(StreamLost);
    }
    await expect(isAnswered(await user.open(idOf('server'), '/echo/1'))).resolves.toBe(true);
  });
});

describe('a peer without an open port', () => {
  const listenOf = (peer: string) => (peer === idOf('inside') ? [] : ['/ip4/127.0.0.1/tcp/0']);

  it('is reached over the connection that it opened, and dials again when that is gone', async () => {
    const net = libp2pNet({ listenOf });
    const inside = await net.join('inside');
    expect(inside.addresses).toEqual([]);
    inside.handle('/echo/1', echo);
    for (let time = 0; time < 2; time++) {
      const outside = await net.join('outside');
      await expect.poll(() => outside.open(inside.id, '/echo/1').then(isAnswered)).toBe(true);
      outside.leave();
    }
  });

  it('is reached through a relay by one that it has not dialled', async () => {
    const listens = (peer: string) => (peer === idOf('inside') ? ['/p2p-circuit'] : ['/ip4/127.0.0.1/tcp/0']);
    const net = libp2pNet({ listenOf: listens, isRelay: true });
    const relay = await net.join('relay');
    net.network.keepConnected(() => [relay.id]);
    const inside = await net.join('inside');
    inside.handle('/echo/1', echo);
    await expect.poll(() => inside.addresses.length).toBeGreaterThan(0);
    const user = await net.join('user');
    net.book.give(inside.id, inside.addresses);
    expect(await isAnswered(await user.open(inside.id, '/echo/1'))).toBe(true);
  });
});

describe('a program that holds to nothing', () => {
  const header = (length: number) =>
    encodeFrame({ kind: 'message', message: new Uint8Array(length) }).subarray(0, -length);
  const small = encodeFrame({ kind: 'message', message: bytes(1) });
  const garbage = {
    'bytes that are no frame': [bytes(3, 3, 3)],
    'a message that is too long': [
      header(limits.maxMessageBytes).map((byte, i, all) => (i === all.length - 1 ? byte + 1 : byte)),
    ],
    'messages that wait for nobody': Array.from({ length: networkLimits.streamMessages + 1 }, () => small),
    'more after the end': [encodeFrame({ kind: 'end' }), small],
    'word of messages that were never sent': [encodeFrame({ kind: 'read', count: 1 })],
  };

  it.each(Object.entries(garbage))('is cut off and shunned after %s, and the others go on', async (_, pieces) => {
    const { net, server, user, address } = await served();
    server.handle('/silent/1', never);
    const { host, connection } = await stranger(address);
    const stream = await connection.newStream('/silent/1');
    for (const piece of pieces) stream.send(piece);
    await expect.poll(() => connection.status).not.toBe('open');
    expect(net.network.metrics().faults).toBe(1);
    await expect(host.dial(multiaddr(address)).then((again) => again.newStream('/echo/1'))).rejects.toThrow();
    expect(await isAnswered(await user.open(server.id, '/echo/1'))).toBe(true);
  });

  it('breaks its own stream only when it is slow or leaves in the middle of a message', async () => {
    const { net, server, address } = await served();
    const { connection } = await stranger(address);
    const stream = await connection.newStream('/echo/1');
    stream.send(header(1000));
    stream.abort(new Error('gone'));
    await expect.poll(() => net.network.streams).toBe(0);
    expect(net.network.metrics()).toMatchObject({ faults: 0, heldBytes: 0 });
    expect(server.metrics()).toMatchObject({ connections: 2 });
  });

  it('has no more waiting than its part of the memory, over all of its streams', async () => {
    const { net, server, address } = await served();
    server.handle('/silent/1', never);
    const { connection } = await stranger(address);
    const long = encodeFrame({ kind: 'message', message: new Uint8Array(limits.maxMessageBytes) });
    for (let i = 0; i < 40; i++) (await connection.newStream('/silent/1', { maxOutboundStreams: 99 })).send(long);
    await expect.poll(() => net.network.metrics().streamsHoldingTooMuch).toBeGreaterThan(0);
    expect(net.network.metrics().heldBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(net.network.metrics().faults).toBe(0);
  });
});

describe('another release', () => {
  const cure = 'Both sides need versions that fit: install the newer one.';
  const versions = `It runs assay/9.0.0, and this is assay/${version}. ${cure}`;

  /** A peer of this release, one of a newer one that it knows, and what the first has said. */
  async function mixed() {
    const lines: string[] = [];
    const net = libp2pNet({ runtime: realRuntime((line) => lines.push(line)) });
    const newer = await libp2pNet({ program: 'assay/9.0.0', book: net.book }).join('newer');
    return { own: await net.join('own'), newer, lines };
  }

  it('that speaks another version of a protocol is refused by name, and said once (§5.31)', async () => {
    const { own, newer, lines } = await mixed();
    newer.handle('/echo/2', echo);
    const why = `the stream to ${newer.id} was refused: it speaks /echo/2, and not /echo/1. ${versions}`;
    for (let time = 0; time < 2; time++) await expect(own.open(newer.id, '/echo/1')).rejects.toThrow(why);
    await expect(own.open(newer.id, '/another/1')).rejects.toThrow(`the stream to ${newer.id} was lost`);
    expect(lines).toEqual([why]);
  });

  it('that sends a field more, on a stream or a topic, is not read, and said with both versions (§5.31)', async () => {
    const { own, newer, lines } = await mixed();
    own.handle('/head/1', async (stream) => void (await receive(stream, ChainHead)));
    own.subscribe(newsTopic, (message) => void heard(message, ChainHead));
    const longer = Uint8Array.of(...ChainHead.serialize({ height: 1, headerRoot: new Uint8Array(32) }), 7);
    const stream = await newer.open(own.id, '/head/1');
    await stream.send(longer);
    await expect(stream.messages.next()).rejects.toThrow(StreamLost);
    newer.subscribe(newsTopic, () => {});
    await expect.poll(() => newer.listenersOf(newsTopic)).toEqual([own.id]);
    // Who listens is known before the stream to it is open; what is published until then is lost.
    const published = () => {
      newer.publish(newsTopic, longer);
      return lines.length;
    };
    await expect.poll(published).toBeGreaterThan(1);
    expect(lines[0]).toMatch(
      new RegExp(`^peer ${newer.id}: on /head/1 it sent a message that is no ChainHead \\(.+\\)\\. `),
    );
    expect(lines[1]).toMatch(
      new RegExp(`^peer ${newer.id}: on ${newsTopic} it sent a message that is no ChainHead \\(.+\\)\\. `),
    );
    expect(lines.every((line) => line.endsWith(versions))).toBe(true);
  });
});

describe('topics', () => {
  it('carry nothing that is not signed, nothing of those who may not publish, and nothing too long', async () => {
    const mayPublish = (_: string, author: string) => author !== idOf('muted');
    const net = libp2pNet({ mayPublish });
    const [a, muted, listener] = [await net.join('a'), await net.join('muted'), await net.join('listener')];
    const heard: number[] = [];
    for (const peer of [a, muted]) peer.subscribe(newsTopic, () => {});
    listener.subscribe(newsTopic, ([byte]) => heard.push(byte ?? -1));
    await net.known(a, muted, listener);
    const { host } = await stranger(listener.addresses[0] ?? '');
    await expect.poll(() => host.services.pubsub.getSubscribers(newsTopic).length).toBe(1);
    await host.services.pubsub.publish(newsTopic, bytes(1));
    muted.publish(newsTopic, bytes(2));
    a.publish(newsTopic, new Uint8Array(64 * 1024 + 1).fill(3));
    a.publish(newsTopic, bytes(4));
    await expect.poll(() => heard).toEqual([4]);
    expect(listener.metrics().topicMessagesRefused).toBeGreaterThan(0);
  });

  it('cut off who passes on what has a wrong signature, and go on', async () => {
    const net = libp2pNet();
    const [a, listener] = [await net.join('a'), await net.join('listener')];
    const heard: number[] = [];
    a.subscribe(newsTopic, () => {});
    listener.subscribe(newsTopic, ([byte]) => heard.push(byte ?? -1));
    await net.known(a, listener);
    const { host, connection } = await stranger(listener.addresses[0] ?? '');
    await expect.poll(() => host.services.pubsub.getSubscribers(newsTopic).length).toBe(1);
    for (let i = 0; i < 200; i++) await host.services.pubsub.publish(newsTopic, bytes(1, i));
    await expect.poll(() => connection.status).not.toBe('open');
    a.publish(newsTopic, bytes(4));
    await expect.poll(() => heard).toEqual([4]);
  });
});

describe('who signs what is no message of its topic', () => {
  it('is cut off, and not heard through others either (§5.28)', async () => {
    const [here, beside, there] = [libp2pNet(), libp2pNet(), libp2pNet()];
    const [listener, relay, author] = [await here.join('listener'), await beside.join('relay'), await there.join('a')];
    const heard = new Set<number>();
    relay.subscribe(newsTopic, () => {});
    author.subscribe(newsTopic, () => {});
    listener.subscribe(newsTopic, ([byte = 0]) => {
      if (byte === 0) throw new NoMessage();
      heard.add(byte);
    });
    for (const { book } of [here, there]) book.give(relay.id, relay.addresses);
    // Who passes on to whom is found within some seconds.
    const says = (peer: Endpoint, byte: number) => {
      peer.publish(newsTopic, bytes(byte));
      return heard.has(byte);
    };
    const patience = { timeout: 10_000, interval: 200 };
    await expect.poll(() => says(author, 1), patience).toBe(true);
    author.publish(newsTopic, bytes(0));
    await expect.poll(() => here.network.metrics().faults, patience).toBe(1);
    author.publish(newsTopic, bytes(2));
    await expect.poll(() => listener.metrics().topicMessagesRefused, patience).toBe(1);
    await expect.poll(() => says(relay, 3), patience).toBe(true);
    expect([...heard]).toEqual([1, 3]);
    await expect(listener.open(author.id, '/echo/1')).rejects.toThrow(StreamLost);
    expect(beside.network.metrics().faults).toBe(0);
  });
});

describe('the key of a peer', () => {
  it('is given to libp2p as what signs, without its secret, and signs no root of the chain', async () => {
    const signer = peerSigner('a');
    const key = privateKeyOf(signer);
    expect(() => key.raw).toThrow('secret');
    expect(() => key.sign(new Uint8Array(32))).toThrow(RangeError);
    const message = new Uint8Array(33).fill(7);
    expect(await key.publicKey.verify(message, await key.sign(message))).toBe(true);
    expect(libp2pIdOf(peerIdOf(signer))?.publicKey?.raw).toEqual(signer.publicKey);
    expect(libp2pIdOf('not a key')).toBeNull();
  });
});
