import { afterEach } from 'vitest';
import type { Endpoint } from '../../src/network/port.ts';
import { SimulatedNetwork, type SimulatedOptions } from './network.ts';

let network: SimulatedNetwork | null = null;

afterEach(async () => {
  await network?.stop();
  network = null;
});

/** A network that is stopped after its test. A test that starts another halts the one before. */
export async function startNetwork(options: SimulatedOptions): Promise<SimulatedNetwork> {
  network = await SimulatedNetwork.start(options);
  return network;
}

/** The code a promise is rejected with, or `OK`. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: { code: string }) => error.code,
  );

export function endpointOf(net: SimulatedNetwork, mixer: number): Endpoint {
  const endpoint = net.network.find(net.mixerAddress(mixer));
  if (endpoint === undefined) throw new Error(`mixer ${mixer} is not there`);
  return endpoint;
}
