import { GatewayMessage } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import type { Adversary } from '../adversary.ts';
import { opening } from '../opening.ts';

/** Tokens after which it leaves. */
const enough = 12;

export const neverPayingClient: Adversary = {
  name: 'never-paying-client',
  role: 'gateway',
  does: 'It reads the beginning of each answer and leaves before its end, so that nobody has an answer to charge for.',
  loses: 'The miner commits to what there is, and that is what the session pays for (§5.9).',
  cheapen: null,
  attack: () => (member) =>
    opening(member, (open) => async (peer, protocol) => {
      const stream = await open(peer, protocol);
      if (protocol !== protocols.task) return stream;
      let tokens = 0;
      const next = async () => {
        if (tokens >= enough) stream.abort();
        const result = await stream.messages.next();
        const message = result.done === true ? null : GatewayMessage.deserialize(result.value);
        if (message?.kind === 'chunk') tokens += message.value.tokens.length;
        return result;
      };
      return {
        send: (message) => stream.send(message),
        messages: { next },
        close: () => stream.close(),
        abort: (unreadable) => stream.abort(unreadable),
      };
    }),
};
