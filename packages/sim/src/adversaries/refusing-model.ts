import { AssayError } from '@assay/protocol';
import type { ChatMessage } from '@assay/roles/ports/inference';
import { SimulatedModel } from '../simulated-model.ts';

/** Refuses every conversation, or those that a template would; overflows on long ones. */
export class RefusingModel extends SimulatedModel {
  readonly #isRefused: (content: string) => boolean;

  constructor(isRefused: (content: string) => boolean) {
    super('registered');
    this.#isRefused = isRefused;
  }

  override async render(messages: readonly ChatMessage[]): Promise<number[]> {
    const [content = ''] = messages.map((message) => message.content);
    if (this.#isRefused(content)) throw new AssayError('INVALID_REQUEST', `refused ${'x'.repeat(2000)}`);
    if (content.length > this.contextTokens) throw new AssayError('CONTEXT_TOO_LONG', 'too long');
    return super.render(messages);
  }
}
