import type { GenerateEvent, GenerateRequest } from '@assay/roles/ports/inference';
import type { Runtime } from '@assay/roles/ports/runtime';
import { SimulatedModel } from '../simulated-model.ts';

/** Gives the same without end, whatever was asked for. */
export class EndlessModel extends SimulatedModel {
  sent = 0;
  readonly #event: GenerateEvent;
  readonly #runtime: Pick<Runtime, 'sleep'>;

  constructor(event: GenerateEvent, runtime: Pick<Runtime, 'sleep'>) {
    super('registered');
    this.#event = event;
    this.#runtime = runtime;
  }

  override async *generate(_: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    while (!signal.aborted) {
      this.sent += 1;
      yield this.#event;
      if (this.sent % 16 === 0) await this.#runtime.sleep(1);
    }
  }
}
