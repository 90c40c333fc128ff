import type { Endpoint, MessageStream } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';
import { ask } from '@assay/roles/ports/wire';
import { ShortBytesType, StructType, toHex, U16 } from '@assay/ssz';
import { serveWithin } from '../consensus/follow/slots.ts';
import type { Peer } from './config.ts';
import { hostAndPort, hostOf } from './places.ts';

/** Asks a node where its CometBFT meets others (§20.7). */
const cometProtocol = '/assay/comet/1';

const served = { perPeer: 1, inAll: 64 } as const;

/** A CometBFT's name among its like, and its port. Its machine is that of its node, so nobody is sent elsewhere. */
const CometPlace = new StructType({ nodeId: new ShortBytesType(20), port: U16 }, { typeName: 'CometPlace' });

/** Tells whoever asks which CometBFT runs beside this node. */
export function serveCometPlace(
  endpoint: Pick<Endpoint, 'handle'>,
  place: { readonly nodeId: Uint8Array; readonly port: number },
): void {
  const bytes = CometPlace.serialize(place);
  const answer = async (stream: MessageStream) => {
    await stream.send(bytes);
    stream.close();
  };
  serveWithin(served, endpoint, { protocol: cometProtocol, answer });
}

/**
 * The CometBFTs of those peers that run one, `ID@HOST:PORT`, at the addresses of the peers themselves. Whoever lies, or
 * is silent, is one less.
 */
export async function askCometPlaces(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peers: readonly Peer[],
): Promise<string[]> {
  const asked = peers.map(async ({ peer, addresses }) => {
    const stream = await endpoint.open(peer, cometProtocol);
    const place = await ask(runtime, stream, new Uint8Array(1), CometPlace);
    if (place === null || place.port === 0) return [];
    const hosts = new Set(addresses.flatMap((address) => hostOf(address) ?? []));
    return [...hosts].map((host) => `${toHex(place.nodeId)}@${hostAndPort(host, place.port)}`);
  });
  const answers = await Promise.allSettled(asked);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  return [...new Set(found)];
}
