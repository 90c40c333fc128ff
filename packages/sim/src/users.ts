import type { Gateway } from '@assay/node/roles/gateway/index';
import type { RandomStream, Runtime } from '@assay/node/runtime/port';
import type { Trace } from './trace.ts';

/** Mean time a user thinks between an answer and the next question, milliseconds. */
const thinkMs = 4000;
const maxTokens = 24;

export interface UsersOptions {
  readonly gateway: Gateway;
  readonly runtime: Runtime;
  readonly trace: Trace;
  readonly model: string;
  readonly apiKeys: readonly string[];
  readonly count: number;
}

/** Users who ask at random times, each with a prompt of its own, and think about what they get. */
export class Users {
  /** Ids of the tasks whose answer came to its end. */
  readonly answered: string[] = [];
  asked = 0;
  /** Code → how many requests ended with it. */
  readonly refused = new Map<string, number>();
  readonly #options: UsersOptions;
  #waiting = 0;
  #areLeaving = false;

  constructor(options: UsersOptions) {
    this.#options = options;
    for (let user = 0; user < options.count; user++) this.#think(user, options.runtime.random(`user ${user}`));
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
    this.#options.runtime.timer(chance.int(2 * thinkMs), () => {
      if (this.#areLeaving) return;
      void this.#ask(user, chance).then(() => this.#think(user, chance));
    });
  }

  async #ask(user: number, chance: RandomStream): Promise<void> {
    const { apiKeys, trace } = this.#options;
    const number = this.asked++;
    this.#waiting += 1;
    const apiKey = apiKeys[chance.int(apiKeys.length)] ?? '';
    try {
      const { taskId, text } = await this.#answerTo(`question ${number} of user ${user}`, apiKey, chance);
      this.answered.push(taskId);
      trace.answer(`user ${user} has the answer of ${taskId}: ${text}`);
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      trace.answer(`user ${user} has no answer: ${code}`);
    }
    this.#waiting -= 1;
  }

  async #answerTo(content: string, apiKey: string, chance: RandomStream): Promise<{ taskId: string; text: string }> {
    const request = {
      ...{ model: this.#options.model, messages: [{ role: 'user' as const, content }], stop: [], seed: null },
      ...{ maxTokens: 1 + chance.int(maxTokens), temperatureMicro: 1_000_000, topPMicro: 1_000_000, topLogprobs: null },
    };
    const { taskId, events } = await this.#options.gateway.ask(apiKey, request, new AbortController().signal);
    let text = '';
    for await (const event of events) if (event.type === 'tokens') text += event.text;
    return { taskId, text };
  }
}
