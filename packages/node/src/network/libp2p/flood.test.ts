import { randomBytes } from 'node:crypto';
import type { Endpoint } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { libp2pNet, newsTopic } from '../nets.fixture.ts';
import { stranger } from './stranger.fixture.ts';

/** By hand: ASSAY_GARBAGE=100000 npx vitest run flood.test.ts */
const messages = Number(process.env.ASSAY_GARBAGE ?? 2000);
const pieceBytes = 300;

/** Sends unsigned gossip and random bytes on streams, at least until it is cut off; under a new key then. */
async function flood(address: string): Promise<number> {
  let keys = 0;
  for (let sent = 0; sent < messages; ) {
    const { host, connection } = await stranger(address);
    keys++;
    const stream = await connection.newStream('/echo/1').catch(() => null);
    while ((sent < messages || keys === 1) && connection.status === 'open') {
      sent += 2;
      await host.services.pubsub.publish(newsTopic, randomBytes(pieceBytes)).catch(() => {});
      if (stream?.status === 'open' && sent > messages / 2) stream.send(randomBytes(pieceBytes));
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await host.stop();
  }
  return keys;
}

/** Asks and publishes until the flood is over; how long each answer took, and how many words were heard. */
async function goOn(user: Endpoint, server: Endpoint, isOver: () => boolean) {
  const tookMs: number[] = [];
  let heard = 0;
  let published = 0;
  server.subscribe(newsTopic, () => heard++);
  while (!isOver()) {
    const beganMs = performance.now();
    const stream = await user.open(server.id, '/echo/1');
    await stream.send(randomBytes(pieceBytes));
    expect((await stream.messages.next()).value).toHaveLength(pieceBytes);
    stream.close();
    tookMs.push(performance.now() - beganMs);
    user.publish(newsTopic, Uint8Array.of(published++));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await expect.poll(() => heard).toBe(published);
  return tookMs.toSorted((one, other) => one - other);
}

describe('garbage without end', () => {
  it('from one machine stops nobody: every request is answered, every word of the others heard', async () => {
    const net = libp2pNet();
    const [server, user] = [await net.join('server'), await net.join('user')];
    server.handle('/echo/1', async (stream) => {
      const { value } = await stream.messages.next();
      await stream.send(value ?? new Uint8Array(0));
      stream.close();
    });
    user.subscribe(newsTopic, () => {});
    server.subscribe(newsTopic, () => {});
    await net.known(server, user);
    let isOver = false;
    const flooding = flood(server.addresses[0] ?? '').finally(() => {
      isOver = true;
    });
    const tookMs = await goOn(user, server, () => isOver);
    const keys = await flooding;
    const at = (part: number) => tookMs[Math.floor(part * tookMs.length)]?.toFixed(1);
    console.info(
      `${messages} messages under ${keys} keys; ${tookMs.length} answers, p50 ${at(0.5)}, p99 ${at(0.99)} ms`,
    );
    console.info(net.network.metrics());
    expect(net.network.metrics().faults).toBeGreaterThan(0);
    expect(net.network.metrics().heldBytes).toBe(0);
  });
});
