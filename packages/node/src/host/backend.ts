import { AssayError, type Genesis, limits } from '@assay/protocol';
import { modelWorker, upstreamWorker, type Worker } from '@assay/roles/miner/index';
import type { InferenceModel } from '@assay/roles/ports/inference';
import { equalBytes, fromHex, toHex } from '@assay/ssz';
import { type LlamaBackend, startLlamaBackend } from '../inference/llama/backend.ts';
import type { Workers } from './build-roles.ts';

/** A model file on this machine. */
export interface ModelFile {
  readonly name: string;
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly fileHash: string;
}

/** A server that answers in the place of the built-in backend. */
export interface Upstream {
  readonly url: string;
  /** Null: the first model it lists. */
  readonly model: string | null;
}

/** A model as a chain registers it. */
export interface RegisteredModel {
  readonly name: string;
  /** SHA-256 of the model file. */
  readonly fileHash: Uint8Array;
  readonly contextTokens: number;
  readonly t1ThresholdPpb: number;
}

export interface BackendOptions {
  /** Null with an upstream whose answers are text alone. */
  readonly model: ModelFile | null;
  /** Null where the built-in backend answers. */
  readonly upstream: Upstream | null;
  /** Answers that the miners of this process may be at together. */
  readonly sequences: number;
  /** Longest prompt plus output, tokens; null: that of the network, or the usual one. */
  readonly contextTokens: number | null;
  /** Threads of each answer; null: as the size of the model asks. */
  readonly threads: number | null;
}

/** What all roles of this process serve and check with: one model. */
export interface Serving extends Workers {
  readonly model: RegisteredModel;
  /** Opens another file in the same engine. Rejects where text comes from a server. */
  open(path: string): Promise<InferenceModel>;
  /** Throws AssayError OTHER_CHAIN when the chain registered another model than this one, or another context. */
  requireRegistered(genesis: Genesis, dataDir: string): void;
  close(): Promise<void>;
}

/** Honest limit of T1 for the built-in backend, parts per billion (verification §6.2); measured by `t1.bench.ts`. */
export const honestT1LimitPpb = 10_000_000;
const upstreamContextTokens = 8192;
/** How answers of a server are paid. */
const advice =
  'To be paid, serve the model file with llama.cpp’s server (llama-server -m FILE) and name both: ' +
  '--upstream URL --model FILE.';
/** The registered file of a model that has none: no file has this hash, so nobody can re-check the model. */
const noFile = new Uint8Array(32);

/**
 * Opens what the options ask for, with the context of the network that is there: a model file in llama.cpp's own
 * process, an upstream server that has the weights of one, or any upstream server for text alone.
 */
export function openBackend(
  asked: BackendOptions,
  stored: Genesis | null,
  onProgress: (line: string) => void,
): Promise<Serving> {
  const options = { ...asked, contextTokens: asked.contextTokens ?? stored?.models[0]?.contextTokens ?? null };
  const { model, upstream } = options;
  if (upstream !== null && model !== null) return openServed(model, { ...options, upstream }, onProgress);
  if (upstream !== null) return openText(upstream, options.contextTokens, onProgress);
  if (model === null) throw new AssayError('INTERNAL', 'Neither a model file nor an upstream was given.');
  return openFile(model, options);
}

async function openFile(file: ModelFile, options: BackendOptions): Promise<Serving> {
  const fileHash = fromHex(file.fileHash) ?? noFile;
  // Every slot that a miner offers: what waits unseen behind others would be late.
  const backend = await startLlamaBackend({
    sequences: options.sequences,
    threads: options.threads,
    contextTokens: options.contextTokens,
  });
  try {
    const served = await backend.open(file.path);
    const honest = modelWorker(served, backend.engine);
    const model = { name: file.name, fileHash, contextTokens: served.contextTokens, t1ThresholdPpb: honestT1LimitPpb };
    return {
      model,
      measuring: {
        engine: backend.engine,
        open: async (hash) => (equalBytes(hash, fileHash) ? served : null),
      },
      open: (path) => backend.open(path),
      workerOf: () => honest,
      requireRegistered: (genesis, dataDir) => requireModel(genesis, model, dataDir),
      close: async () => backend[Symbol.asyncDispose](),
    };
  } catch (error) {
    await backend[Symbol.asyncDispose]();
    throw error;
  }
}

/** A registered model whose weights a server has; this process has its words, and its weights once it audits. */
async function openServed(
  file: ModelFile,
  options: BackendOptions & { readonly upstream: Upstream },
  onProgress: (line: string) => void,
): Promise<Serving> {
  const fileHash = fromHex(file.fileHash) ?? noFile;
  const contextAsked = options.contextTokens ?? upstreamContextTokens;
  const backend = await startLlamaBackend({ sequences: 1, threads: options.threads, contextTokens: contextAsked });
  try {
    const worker = await serverWorker(backend, file, options, onProgress);
    const { contextTokens } = worker;
    const model = { name: file.name, fileHash, contextTokens, t1ThresholdPpb: honestT1LimitPpb };
    return {
      model,
      measuring: {
        engine: backend.engine,
        open: async (hash) => (equalBytes(hash, fileHash) ? backend.open(file.path) : null),
      },
      open: (path) => backend.open(path),
      workerOf: () => worker,
      requireRegistered: (genesis, dataDir) => requireModel(genesis, model, dataDir),
      close: async () => backend[Symbol.asyncDispose](),
    };
  } catch (error) {
    await backend[Symbol.asyncDispose]();
    throw error;
  }
}

/** With evidence where the server gives it, else with text alone: that is said, with what to do. */
async function serverWorker(
  backend: LlamaBackend,
  file: ModelFile,
  options: BackendOptions & { readonly upstream: Upstream },
  onProgress: (line: string) => void,
): Promise<Worker> {
  const { openServedModel } = await import('../inference/upstream/served-model.ts');
  const { upstream } = options;
  const { url } = upstream;
  const opened = await openServedModel(backend, file.path, {
    url,
    modelName: upstream.model,
    apiKey: process.env.OPENAI_API_KEY,
    contextTokens: options.contextTokens,
  });
  if ('model' in opened) {
    const { model, engine } = opened;
    onProgress(
      `The miners ask ${engine.name} ${engine.build} at ${url}. It says what it chose from, so validators can ` +
        're-check the work (evidence level 2).',
    );
    return modelWorker(model, engine);
  }
  const { contextTokens } = await backend.openVocabulary(file.path);
  const text = await openTextServer(upstream);
  onProgress(`${textOnly(text.modelName, url)} ${opened.reason}\n${advice}`);
  return upstreamWorker(text, contextTokens);
}

async function openTextServer({ url, model: name }: Upstream) {
  const { openUpstream } = await import('../inference/openai.ts');
  const apiKey = process.env.OPENAI_API_KEY;
  return openUpstream(url, { ...(name !== null && { model: name }), ...(apiKey && { apiKey }) });
}

const textOnly = (modelName: string, url: string) =>
  `The miners ask ${modelName} at ${url}. It gives text only, so no validator can re-check the work: ` +
  'tasks end as no-result, payers are refunded and miners earn nothing.';

async function openText(
  asked: Upstream,
  contextAsked: number | null,
  onProgress: (line: string) => void,
): Promise<Serving> {
  const upstream = await openTextServer(asked);
  onProgress(`${textOnly(upstream.modelName, asked.url)}\n${advice}`);
  const contextTokens = contextAsked ?? upstreamContextTokens;
  const worker = upstreamWorker(upstream, contextTokens);
  const model = {
    name: upstream.modelName.slice(0, limits.maxNameBytes),
    fileHash: noFile,
    contextTokens,
    t1ThresholdPpb: 0,
  };
  return {
    model,
    measuring: null,
    workerOf: () => worker,
    open: () => Promise.reject(new AssayError('INTERNAL', 'A server of text opens no files.')),
    requireRegistered: (genesis, dataDir) => requireModel(genesis, model, dataDir),
    close: async () => {},
  };
}

function requireModel(genesis: Genesis, model: RegisteredModel, dataDir: string): void {
  const registered = genesis.models[0];
  const name = registered?.name ?? 'no model';
  if (registered !== undefined && name === model.name && equalBytes(registered.fileHash, model.fileHash)) {
    if (registered.contextTokens === model.contextTokens) return;
    const context = `a context of ${registered.contextTokens} tokens, not ${model.contextTokens}`;
    throw new AssayError(
      'OTHER_CHAIN',
      `The network in ${dataDir} registered ${name} with ${context}. ` +
        'Leave out --context, give another directory with --data, or begin again with --fresh.',
    );
  }
  const detail =
    `The network in ${dataDir} registered ${name} (SHA-256 ${toHex(registered?.fileHash ?? noFile).slice(0, 12)}…), ` +
    `not ${model.name}. Give that model, another directory with --data, or begin again with --fresh.`;
  throw new AssayError('OTHER_CHAIN', detail);
}
