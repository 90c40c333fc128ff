import type { Member } from '@assay/node/host/build-roles';
import type { Endpoint } from '@assay/roles/ports/network';

type Open = Endpoint['open'];

/** A role that opens streams to others in another way than it should. */
export function opening({ equipment, make }: Member, openOf: (honest: Open) => Open) {
  const { context } = equipment;
  const join: typeof context.network.join = async (signer) => {
    const endpoint = await context.network.join(signer);
    return {
      id: endpoint.id,
      publish: (topic, message) => endpoint.publish(topic, message),
      subscribe: (topic, handler) => endpoint.subscribe(topic, handler),
      handle: (protocol, handler) => endpoint.handle(protocol, handler),
      open: openOf((peer, protocol) => endpoint.open(peer, protocol)),
      leave: () => endpoint.leave(),
    };
  };
  return make({ ...equipment, context: { ...context, network: { join } } });
}
