/** One peer in a process of its own: `outside` listens at an address, `inside` only dials it. */
import { networkLimits } from '@assay/roles/ports/network';
import { realRuntime } from '../../runtime/real.ts';
import { peerSigner } from '../peer.fixture.ts';
import { AddressBook } from './address-book.ts';
import { Libp2pNetwork } from './network.ts';

const [name = '', address = ''] = process.argv.slice(2);
const isOutside = name === 'outside';
const runtime = realRuntime(console.error);
const book = new AddressBook();
const network = new Libp2pNetwork({ runtime, book, topics: [], listenOf: () => (isOutside ? [address] : []) });
if (!isOutside) network.keepConnected(() => book.given);
const peer = await network.join(peerSigner(name));
console.log(JSON.stringify({ id: peer.id, addresses: peer.addresses }));

if (isOutside) {
  const [inside = ''] = await input();
  const stream = await reach(inside);
  await stream.send(Uint8Array.of(7));
  console.log(JSON.stringify({ answered: (await stream.messages.next()).value?.[0] }));
  process.exit();
}
peer.handle('/double/1', async (stream) => {
  const { value } = await stream.messages.next();
  await stream.send(Uint8Array.of(2 * (value?.[0] ?? 0)));
  stream.close();
});
const [outside = ''] = await input();
book.give(outside, [address]);
setInterval(() => {}, networkLimits.openMs);

/** The words of the first line that comes in. */
async function input(): Promise<string[]> {
  for await (const line of process.stdin) return String(line).trim().split(' ');
  return [];
}

async function reach(id: string) {
  for (;;) {
    const stream = await peer.open(id, '/double/1').catch(() => null);
    if (stream !== null) return stream;
    await runtime.sleep(100);
  }
}
