import { limits, type ModelRow } from '@assay/protocol';
import type { InferenceModel } from '../ports/inference.ts';
import type { Measuring } from './measure.ts';

const probe = { role: 'user', content: 'Say hello.' } as const;
const greedy = { temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 0 };

/**
 * Whether a proposed model is what its creator registered: its file is at hand, holds the context, and answers (§4.5).
 * A file this validator has not got and cannot fetch cannot be checked by it, so it does not confirm it.
 */
export async function keepsItsTerms(registered: Readonly<ModelRow>, measuring: Measuring | null): Promise<boolean> {
  const model = measuring === null ? null : await opened(registered, measuring);
  return model !== null && model.contextTokens >= registered.contextTokens && (await answers(model));
}

async function opened(registered: Readonly<ModelRow>, measuring: Measuring): Promise<InferenceModel | null> {
  const model = await measuring.open(registered.fileHash);
  if (model !== null || measuring.fetch === undefined) return model;
  await measuring.fetch(registered);
  return measuring.open(registered.fileHash);
}

async function answers(model: InferenceModel): Promise<boolean> {
  const promptIds = await model.render([probe]);
  const request = { promptIds, maxTokens: 1, sampling: greedy, stop: [], topLogprobs: limits.topLogprobs };
  for await (const event of model.generate(request, new AbortController().signal)) {
    if (event.type === 'tokens') return true;
  }
  return false;
}
