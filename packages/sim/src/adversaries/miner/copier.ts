import { type InferencePayload, limits } from '@assay/protocol';
import type { InferenceRequest } from '@assay/roles/ports/chat';
import type { GeneratedToken } from '@assay/roles/ports/inference';
import { equalBytes } from '@assay/ssz';
import type { Adversary } from '../adversary.ts';
import { OwnClient, withClient } from '../own-client.ts';
import { answering, said } from './serving.ts';

export const copier: Adversary = {
  name: 'copier',
  role: 'miner',
  does: 'It has no model: it asks other miners the same through a session of its own, and sells what they say.',
  loses: 'It passes, since the work was done; but it pays the whole price for what earns it three quarters.',
  cheapen: null,
  attack: () => (member) => {
    const client = new OwnClient(member);
    const { chain } = member.equipment.context;
    const others = () =>
      [...chain.head().miners].flatMap(({ publicKey, status }, index) =>
        status === 'active' && !equalBytes(publicKey, member.equipment.signer.publicKey) ? [index] : [],
      );
    const service = answering(
      ({ model }) =>
        async function* (payload, _, signal) {
          const promptIds = await model.render(payload.messages);
          const name = chain.head().models.at(0).name;
          const answer = await client.ask(requestOf(name, payload), others(), signal);
          const tokens: GeneratedToken[] = [];
          let finish: 'stop' | 'length' = 'length';
          for await (const event of answer.events) {
            if (event.type === 'tokens') tokens.push(...event.tokens);
            else finish = event.finish;
          }
          yield* said(model, payload, { promptIds, tokens, finish });
        },
    )(member);
    return withClient(service, client);
  },
};

function requestOf(model: string, { messages, maxTokens, sampling, stop }: InferencePayload): InferenceRequest {
  const { temperatureMicro, topPMicro, seed } = sampling;
  const topLogprobs = limits.topLogprobs;
  return { model, messages, maxTokens, temperatureMicro, topPMicro, seed, stop, topLogprobs };
}
