import type { Member } from '@assay/node/host/build-roles';
import type { Endpoint } from '@assay/roles/ports/network';

/** A role whose endpoint does some things in another way than it should. */
export function joining({ equipment, make }: Member, change: (honest: Endpoint) => Partial<Endpoint>) {
  const { context } = equipment;
  const join: typeof context.network.join = async (signer) => {
    const endpoint = await context.network.join(signer);
    const honest: Endpoint = {
      id: endpoint.id,
      publish: (topic, message) => endpoint.publish(topic, message),
      subscribe: (topic, handler) => endpoint.subscribe(topic, handler),
      handle: (protocol, handler) => endpoint.handle(protocol, handler),
      open: (peer, protocol) => endpoint.open(peer, protocol),
      leave: () => endpoint.leave(),
    };
    return { ...honest, ...change(honest) };
  };
  return make({ ...equipment, context: { ...context, network: { join } } });
}
