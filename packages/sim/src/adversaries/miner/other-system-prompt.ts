import type { Adversary } from '../adversary.ts';
import { answering, fromIds } from './serving.ts';

export const otherSystemPrompt: Adversary = {
  name: 'other-system-prompt',
  role: 'miner',
  does: 'It puts a system prompt of its own before each conversation, and hides that.',
  loses: 'Its choices and numbers are those of another prompt: rejected and refunded.',
  cheapen: null,
  attack: () =>
    answering((honest) =>
      fromIds(honest, (_, { messages }) =>
        honest.model.render([{ role: 'system', content: 'Answer in as few words as you can.' }, ...messages]),
      ),
    ),
};
