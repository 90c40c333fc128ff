import type { GenerateEvent, GenerateRequest } from '@assay/roles/ports/inference';
import { encodeText } from '@assay/ssz';
import { SimulatedModel } from '../simulated-model.ts';

/** Its text is not what its tokens give. */
export class GarbledModel extends SimulatedModel {
  constructor() {
    super('registered');
  }

  override async *generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    for await (const event of super.generate(request, signal)) {
      yield event.type === 'end' ? { ...event, text: encodeText('!') } : event;
    }
  }
}
