import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it, onTestFinished } from 'vitest';
import { libp2pNet } from '../nets.fixture.ts';
import { Doorkeeper } from './doorkeeper.ts';

const comesFrom = (address: string) => Object.assign(new EventTarget(), { remoteAddr: multiaddr(address) });

describe('connections from one address §5.29', () => {
  it('that say nothing keep nobody else out', async () => {
    const net = libp2pNet();
    const server = await net.join('server');
    server.handle('/echo/1', async (stream) => stream.close());
    const port = Number(server.addresses[0]?.split('/')[4]);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let i = 0; i < 64; i++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => {});
      sockets.push(socket);
      await once(socket, 'connect');
    }
    const user = await net.join('user');
    const stream = await user.open(server.id, '/echo/1');
    expect((await stream.messages.next()).done).toBe(true);
    await expect.poll(() => sockets.every(({ closed }) => closed)).toBe(true);
  });

  it('are 256 at most, of IPv6 from one network, and there is room again when one closes', () => {
    const door = new Doorkeeper();
    const first = comesFrom('/ip4/203.0.113.7/tcp/1');
    expect(door.isFull(first)).toBe(false);
    for (let port = 2; port <= 256; port++) expect(door.isFull(comesFrom(`/ip4/203.0.113.7/tcp/${port}`))).toBe(false);
    expect(door.isFull(comesFrom('/ip4/203.0.113.7/tcp/999'))).toBe(true);
    expect(door.isFull(comesFrom('/ip4/203.0.113.8/tcp/999'))).toBe(false);
    first.dispatchEvent(new Event('close'));
    expect(door.isFull(comesFrom('/ip4/203.0.113.7/tcp/999'))).toBe(false);
    for (let i = 0; i < 256; i++) expect(door.isFull(comesFrom(`/ip6/2001:db8::${i.toString(16)}/tcp/1`))).toBe(false);
    expect(door.isFull(comesFrom('/ip6/2001:db8:0:0:9::1/tcp/1'))).toBe(true);
    expect(door.isFull(comesFrom('/ip6/2001:db8:0:1::1/tcp/1'))).toBe(false);
    for (let i = 0; i < 300; i++) {
      expect(door.isFull(comesFrom(`/ip6/::ffff:203.0.${i >> 8}.${i % 256}/tcp/1`))).toBe(false);
    }
  });
});
