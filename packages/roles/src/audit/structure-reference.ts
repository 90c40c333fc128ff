import type { InferencePayload } from '@assay/protocol';
import type { ChatMessage, InferenceModel } from '../ports/inference.ts';
import { isRequestFault } from '../request-faults.ts';
import type { StructureReference } from './structure.ts';

/** The conversation of a payload. */
export function messagesOf(payload: InferencePayload): ChatMessage[] {
  return payload.messages.map(({ role, content }) => ({ role, content }));
}

/** What miner and auditor check the structure of an output against (verification §2.1): the same for both. */
export async function structureReference(
  model: InferenceModel,
  asked: { payload: InferencePayload; outputIds: readonly number[]; contextTokens: number },
): Promise<StructureReference> {
  const { payload, outputIds, contextTokens } = asked;
  const { vocabularySize } = model;
  const areKnown = outputIds.every((id) => id < vocabularySize);
  return {
    payload,
    vocabularySize,
    contextTokens,
    promptIds: await promptIds(model, payload),
    // Ids outside the vocabulary have no text; they are a flaw of their own.
    pieces: areKnown ? await model.textPieces(outputIds) : [],
  };
}

async function promptIds(model: InferenceModel, payload: InferencePayload): Promise<number[] | null> {
  try {
    return await model.render(messagesOf(payload));
  } catch (error) {
    if (isRequestFault(error)) return null;
    throw error;
  }
}
