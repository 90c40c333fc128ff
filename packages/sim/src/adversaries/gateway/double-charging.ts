import { committeeOf } from '@assay/ledger';
import { protocols } from '@assay/roles/context';
import { type MessageStream, peerIdOf } from '@assay/roles/ports/network';
import type { Adversary } from '../adversary.ts';
import { opening } from '../opening.ts';

export const doubleChargingGateway: Adversary = {
  name: 'double-charging-gateway',
  role: 'gateway',
  does: 'It gives each signed request to a second mixer too, to earn twice on one signature of its user.',
  loses: 'A signed request is one task: the second mixer refuses it, and the user pays once (§5.22).',
  cheapen: null,
  attack: () => (member) => {
    const { chain } = member.equipment.context;
    return opening(member, (open) => async (peer, protocol) => {
      const stream = await open(peer, protocol);
      if (protocol !== protocols.task) return stream;
      const head = chain.head();
      const peers = committeeOf(head, head.globals.epoch).map(({ mixer }) => peerIdOf(head.mixers.at(mixer)));
      const second = peers.find((each) => each !== peer);
      const again = async (message: Uint8Array) => {
        if (second === undefined) return;
        const other = await open(second, protocol);
        await other.send(message);
        await readAll(other);
      };
      return {
        send: (message) => {
          again(message).catch(() => {});
          return stream.send(message);
        },
        messages: stream.messages,
        close: () => stream.close(),
        abort: (unreadable) => stream.abort(unreadable),
      };
    });
  },
};

async function readAll({ messages }: MessageStream): Promise<void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next());
}
