import { AssayError } from '@assay/protocol';
import type { Gateway } from '@assay/roles/gateway/index';
import type { RandomStream } from '@assay/roles/ports/runtime';
import type { World } from './world.ts';

/** Mean time a user thinks between an answer and the next question, milliseconds. */
const thinkMs = 4000;
const maxTokens = 24;

export interface UsersOptions {
  readonly world: World;
  readonly apiKeys: readonly string[];
  readonly count: number;
  /** The gateway they ask; that of the world when absent. Throws an AssayError when none is there. */
  readonly gateway?: () => Gateway;
  /** Resolves with the code that those hear whose gateway is gone. */
  readonly gone?: () => Promise<string>;
}

/** Users who ask at random times, each with a prompt of its own, and think about what they get. */
export class Users {
  /** Ids of the tasks whose answer came to its end, and when by the monotonic clock. */
  readonly answeredMs = new Map<string, number>();
  asked = 0;
  /** Code → how many requests ended with it. */
  readonly refused = new Map<string, number>();
  readonly #options: UsersOptions;
  #waiting = 0;
  #areLeaving = false;

  constructor(options: UsersOptions) {
    this.#options = options;
    const { runtime } = options.world;
    for (let user = 0; user < options.count; user++) this.#think(user, runtime.random(`user ${user}`));
  }

  /** They ask nothing more. */
  leave(): void {
    this.#areLeaving = true;
  }

  /** Requests without an end so far. */
  get waiting(): number {
    return this.#waiting;
  }

  #think(user: number, chance: RandomStream): void {
    this.#options.world.runtime.timer(chance.int(2 * thinkMs), () => {
      if (this.#areLeaving) return;
      void this.#ask(user, chance).then(() => this.#think(user, chance));
    });
  }

  async #ask(user: number, chance: RandomStream): Promise<void> {
    const { apiKeys, world, gateway = () => world.gateway, gone } = this.#options;
    const number = this.asked++;
    this.#waiting += 1;
    const apiKey = apiKeys[chance.int(apiKeys.length)] ?? '';
    const messages = [{ role: 'user' as const, content: `question ${number} of user ${user}` }];
    try {
      const asked = { messages, seed: null, maxTokens: 1 + chance.int(maxTokens) };
      const answer = world.ask(asked, apiKey, gateway());
      const heard = await (gone === undefined ? answer : Promise.race([answer, gone()]));
      if (typeof heard === 'string') throw new AssayError('NO_MIXER', heard);
      const { taskId, text } = heard;
      this.answeredMs.set(taskId, world.runtime.monotonicMs());
      world.trace.answer(`user ${user} has the answer of ${taskId}: ${text}`);
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      world.trace.answer(`user ${user} has no answer: ${code}`);
    }
    this.#waiting -= 1;
  }
}
