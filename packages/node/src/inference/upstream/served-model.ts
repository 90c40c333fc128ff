import type { EngineInfo } from '@assay/protocol';
import type { InferenceModel } from '@assay/roles/ports/inference';
import type { LlamaBackend } from '../llama/backend.ts';
import { UpstreamModel } from './model.ts';
import { type OpenOptions, openServer } from './open.ts';

/** The model of a file whose weights a server computes with; or why it gives text only, and what to do. */
export type ServedModel = { readonly model: InferenceModel; readonly engine: EngineInfo } | { readonly reason: string };

/** Opens a server for a model file, whose words a backend here has. Rejects like `openServer`. */
export async function openServedModel(
  backend: LlamaBackend,
  path: string,
  { url, ...options }: Omit<OpenOptions, 'vocabulary'> & { readonly url: string },
): Promise<ServedModel> {
  const vocabulary = await backend.openVocabulary(path);
  const opened = await openServer(url, { ...options, vocabulary });
  if (!('server' in opened)) return opened;
  const contextTokens = Math.min(vocabulary.contextTokens, opened.server.contextTokens);
  return { model: new UpstreamModel(vocabulary, opened.server, contextTokens), engine: opened.server.engine };
}
