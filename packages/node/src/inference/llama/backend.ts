import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { AssayError, type EngineInfo } from '@assay/protocol';
import type {
  ChatMessage,
  GenerateEvent,
  InferenceBackend,
  InferenceModel,
  Scored,
} from '@assay/roles/ports/inference';
import { childEnvironment } from '../../child-environment.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { Answer } from './answer.ts';
import { commonKernels } from './kernels.ts';
import type {
  Call,
  FileFacts,
  FromWorker,
  Item,
  ModelFacts,
  ModelPart,
  Numerics,
  Question,
  ToWorker,
  WorkerOptions,
} from './messages.ts';
import { watchPulse } from './pulse.ts';

/** llama.cpp in a process of its own. */
export interface LlamaBackend extends InferenceBackend {
  /** The process that runs llama.cpp; null while there is none. */
  readonly pid: number | null;
  /** What a model file says without its weights. */
  openVocabulary(modelPath: string): Promise<Vocabulary>;
}

export interface LlamaOptions {
  /** Threads of each answer; by default, or null, 1 for small models, all cores but one (at most 8) for large ones. */
  readonly threads?: number | null;
  /** Answers each model generates at the same time; 4 by default. Audits have one slot more, of their own. */
  readonly sequences?: number;
  /** Longest prompt plus output, tokens; by default, or null, 2,048, never more than the model was trained for. */
  readonly contextTokens?: number | null;
  /** For measurements; nodes take the usual ones. */
  readonly numerics?: Partial<Numerics>;
}

const usualNumerics: Numerics = {
  kernels: commonKernels,
  flashAttention: true,
  kvType: 'f16',
  sharesBatches: false,
};

const stderrTailBytes = 2000;
const shutdownMs = 2000;

/**
 * Starts llama.cpp. When its process dies, or says nothing for a few seconds, the calls in flight reject with
 * BACKEND_FAILED and the next call starts it again. Rejects with BACKEND_FAILED when it cannot be started.
 */
export async function startLlamaBackend(options: LlamaOptions = {}): Promise<LlamaBackend> {
  const process = new WorkerProcess({
    threads: options.threads ?? null,
    sequences: options.sequences ?? 4,
    contextTokens: options.contextTokens ?? 2048,
    numerics: { ...usualNumerics, ...options.numerics },
  });
  const engine = await process.running();
  return new Backend(process, engine);
}

class Backend implements LlamaBackend {
  readonly engine: EngineInfo;
  readonly #process: WorkerProcess;
  readonly #models = new Map<string, Promise<InferenceModel>>();

  constructor(process: WorkerProcess, engine: EngineInfo) {
    this.#process = process;
    this.engine = engine;
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  open(modelPath: string): Promise<InferenceModel> {
    let model = this.#models.get(modelPath);
    if (model === undefined) {
      model = openModel(this.#process, modelPath);
      this.#models.set(modelPath, model);
      model.catch(() => this.#models.delete(modelPath));
    }
    return model;
  }

  async openVocabulary(path: string): Promise<Vocabulary> {
    const model = { path, isVocabulary: true };
    const ask = <T extends Item>(question: Question) => this.#process.ask<T>({ ...question, model });
    return { ...(await ask<FileFacts>({ method: 'fileFacts' })), ...textOf(ask) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.stop();
  }
}

async function openModel(process: WorkerProcess, path: string): Promise<InferenceModel> {
  const model: ModelPart = { path, isVocabulary: false };
  const ask = <T extends Item>(question: Question, signal?: AbortSignal) =>
    process.ask<T>({ ...question, model }, signal);
  return {
    ...(await ask<ModelFacts>({ method: 'open' })),
    ...textOf(ask),
    generate: (request, signal) =>
      process.call({ method: 'generate', model, request }, signal) as AsyncIterable<GenerateEvent>,
    score: (request, signal) => ask<Scored>({ method: 'score', request }, signal),
  };
}

/** What needs no weights. */
function textOf(ask: <T extends Item>(question: Question) => Promise<T>) {
  return {
    render: (messages: readonly ChatMessage[]) => ask<number[]>({ method: 'render', messages }),
    textPieces: (ids: readonly number[]) => ask<Uint8Array[]>({ method: 'textPieces', ids }),
    detokenize: (ids: readonly number[], before: readonly number[]) =>
      ask<string>({ method: 'detokenize', ids, before }),
    tokenTexts: (ids: readonly number[]) => ask<string[]>({ method: 'tokenTexts', ids }),
  };
}

/** The child process and the calls it is answering. */
class WorkerProcess {
  readonly #options: WorkerOptions;
  readonly #answers = new Map<number, Answer>();
  #child: ChildProcess | null = null;
  #ready: Promise<EngineInfo> | null = null;
  #nextId = 1;
  #stopped = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves once the process is there to answer. */
  running(): Promise<EngineInfo> {
    if (this.#stopped) return Promise.reject(new AssayError('BACKEND_FAILED', 'It was shut down.'));
    this.#ready ??= this.#start();
    return this.#ready;
  }

  async *call(call: Call, signal?: AbortSignal): AsyncGenerator<Item> {
    signal?.throwIfAborted();
    await this.running();
    const id = this.#nextId++;
    const answer = new Answer();
    this.#answers.set(id, answer);
    const abort = () => answer.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#send({ type: 'call', id, call });
    try {
      yield* answer.items();
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#answers.delete(id);
      if (!answer.complete) this.#send({ type: 'cancel', id });
    }
  }

  /** The one item of an answer. */
  async ask<T extends Item>(call: Call, signal?: AbortSignal): Promise<T> {
    for await (const item of this.call(call, signal)) return item as T;
    throw new AssayError('BACKEND_FAILED', 'The inference process gave no answer.');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === null) return;
    const exited = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), shutdownMs);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(timer);
  }

  #send(message: ToWorker): void {
    // Where this fails the process is about to be reported dead, which ends every call.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #start(): Promise<EngineInfo> {
    const compiled = getCompileCacheDir();
    const child = fork(new URL('worker.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      // Each answer computes on a thread of this pool.
      env: childEnvironment({
        UV_THREADPOOL_SIZE: String(this.#options.sequences * 2 + 4),
        ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
      }),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    watchPulse(child);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrTailBytes);
    });
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve(message.engine);
        else if (message.type === 'failedToStart') reject(new AssayError('BACKEND_FAILED', message.reason));
        else if (message.type !== 'pong') this.#deliver(message);
      });
      const died = (how: string) => {
        const error = new AssayError('BACKEND_FAILED', `The inference process ended (${how}).${lastWords(stderr)}`);
        reject(error);
        this.#lost(child, error);
      };
      child.on('error', (error) => died(error.message));
      child.on('exit', (code, signal) => died(signal ?? `exit code ${code}`));
      this.#send({ type: 'start', options: this.#options });
    });
  }

  #deliver(message: Extract<FromWorker, { id: number }>): void {
    const answer = this.#answers.get(message.id);
    if (message.type === 'item') answer?.give(message.item);
    if (message.type === 'done') answer?.finish();
    if (message.type === 'failed') answer?.refuse(new AssayError(message.code, message.detail));
  }

  #lost(child: ChildProcess, error: AssayError): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#ready = null;
    for (const answer of this.#answers.values()) answer.fail(error);
  }
}

function lastWords(stderr: string): string {
  const text = stderr.trim();
  return text === '' ? '' : ` Its last words: ${text}`;
}
