import type { RoleService } from '@assay/roles/context';
import type { InferenceRequest } from '@assay/roles/ports/chat';
import type { Adversary } from '../adversary.ts';
import { OwnClient, withClient } from '../own-client.ts';

/** A task of its own after so many blocks, once it is registered. */
const everyBlocks = 8;

export const selfDealer: Adversary = {
  name: 'self-dealer',
  role: 'miner',
  does: 'It buys its own work, through a session that names it as the only miner, to earn emission and trust.',
  loses: 'Such tasks count for nothing but their price (economics §7.3.1), of which it gets back three quarters.',
  cheapen: null,
  attack: () => (member) => {
    const { context, signer } = member.equipment;
    const client = new OwnClient(member);
    const honest = withClient(member.make(member.equipment), client);
    let unsubscribe = () => {};
    const buy = async () => {
      const head = context.chain.head();
      const self = head.roleOf('miner', signer.publicKey);
      if (self === undefined || head.globals.height % everyBlocks !== 0) return;
      const { signal } = new AbortController();
      const answer = await client.ask(requestAt(head.globals.height, head.models.at(0).name), [self], signal);
      for await (const _ of answer.events);
    };
    return {
      start: async () => {
        await honest.start();
        const log = (error: Error) => context.runtime.log(`no task of its own: ${error.message}`);
        unsubscribe = context.chain.onBlock(() => void buy().catch(log));
      },
      stop: () => {
        unsubscribe();
        return honest.stop();
      },
    } satisfies RoleService;
  },
};

const requestAt = (height: number, model: string): InferenceRequest => ({
  model,
  messages: [{ role: 'user', content: `Count from ${height}.` }],
  maxTokens: 16,
  temperatureMicro: 0,
  topPMicro: 1_000_000,
  seed: height,
  stop: [],
  topLogprobs: null,
});
