import { answering } from './serving.ts';

/** A miner that takes tasks, begins them, and says no more. */
export const stalling = answering(
  ({ model }) =>
    async function* (payload, _, signal) {
      yield { type: 'begin', promptIds: await model.render(payload.messages) };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
);
