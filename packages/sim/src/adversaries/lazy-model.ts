import type { GenerateEvent, GenerateRequest } from '@assay/roles/ports/inference';
import { SimulatedModel } from '../simulated-model.ts';

/** Cuts every answer short, as if it ended there, to save itself the work. */
export class LazyModel extends SimulatedModel {
  readonly #tokens: number;

  constructor(tokens: number) {
    super('registered');
    this.#tokens = tokens;
  }

  override async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    for await (const event of super.generate({ ...request, maxTokens: this.#tokens }, signal)) {
      yield event.type === 'end' ? { ...event, finish: 'stop' } : event;
    }
  }
}
