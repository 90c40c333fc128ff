import { AssayError, type EngineInfo, Name } from '@assay/protocol';
import { getLlama, type Llama } from 'node-llama-cpp';
import { loadKernels } from './kernels.ts';
import type { Call, FromWorker, Item, ModelPart, Numerics, ToWorker, WorkerOptions } from './messages.ts';
import { LoadedModel } from './model.ts';

/** The process that runs llama.cpp: it answers the calls of its parent and ends with it. */
function send(message: FromWorker): void {
  process.send?.(message);
}

class Worker {
  readonly #llama: Llama;
  readonly #options: WorkerOptions;
  readonly #models = new Map<string, Promise<LoadedModel>>();
  readonly #running = new Map<number, AbortController>();
  #turn: Promise<void> = Promise.resolve();

  constructor(llama: Llama, options: WorkerOptions) {
    this.#llama = llama;
    this.#options = options;
  }

  cancel(id: number): void {
    this.#running.get(id)?.abort(new AssayError('BACKEND_FAILED', 'The call was cancelled.'));
  }

  async answer(id: number, call: Call): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      for await (const item of this.#items(call, controller.signal)) send({ type: 'item', id, item });
      send({ type: 'done', id });
    } catch (error) {
      const known = error instanceof AssayError && 'detail' in error;
      const detail = known ? error.detail : error instanceof Error ? error.message : String(error);
      send({ type: 'failed', id, code: known ? error.code : 'BACKEND_FAILED', detail } as FromWorker);
    } finally {
      this.#running.delete(id);
    }
  }

  async *#items(call: Call, signal: AbortSignal): AsyncGenerator<Item> {
    const model = await this.#model(call.model);
    switch (call.method) {
      case 'open':
        return yield { contextTokens: model.contextTokens, vocabularySize: model.vocabularySize };
      case 'fileFacts':
        return yield model.fileFacts();
      case 'detokenize':
        return yield model.detokenize(call.ids, call.before);
      case 'tokenTexts':
        return yield model.tokenTexts(call.ids);
      case 'render':
        await this.#ownTurn();
        return yield model.render(call.messages);
      case 'textPieces':
        await this.#ownTurn();
        return yield await model.textPieces(call.ids);
      case 'generate':
        return yield* model.generate(call.request, signal);
      case 'score':
        return yield* model.score(call.request, signal);
    }
  }

  /** Text is worked on in one go, up to a second: each in a turn of its own, so that signs of life come in between. */
  #ownTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return this.#turn;
  }

  #model(part: ModelPart): Promise<LoadedModel> {
    const key = `${part.isVocabulary} ${part.path}`;
    let model = this.#models.get(key);
    if (model === undefined) {
      model = this.#load(part);
      this.#models.set(key, model);
      model.catch(() => this.#models.delete(key));
    }
    return model;
  }

  async #load({ path, isVocabulary }: ModelPart): Promise<LoadedModel> {
    try {
      const model = await this.#llama.loadModel({ modelPath: path, useMmap: false, vocabOnly: isVocabulary });
      return new LoadedModel(this.#llama, model, this.#options);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AssayError('BACKEND_FAILED', `llama.cpp cannot load ${path}: ${reason}`, { cause });
    }
  }
}

/** Instruction sets that tell all kernels of llama.cpp apart; whatever has AVX2 has those before it. */
const olderSets = ['SSSE3', 'AVX', 'F16C', 'FMA'];
const sets = [
  ...['AVX2', 'AVX_VNNI', 'AVX512', 'AVX512_VBMI', 'AVX512_VNNI', 'AVX512_BF16', 'AMX_INT8'],
  ...['NEON', 'DOTPROD', 'FP16_VA', 'SVE', 'MATMUL_INT8', 'SME'],
];

/** Engine facts that change numbers; the instruction sets among them name the kernels (verification §6.3). */
function engineInfo(llama: Llama, { flashAttention, kvType, sharesBatches }: Numerics): EngineInfo {
  const has = (flag: string) => llama.systemInfo.includes(` ${flag} = 1 `);
  const used = [...(has('AVX2') ? [] : olderSets), ...sets].filter(has);
  return {
    name: 'llama.cpp',
    build: Name.fitted(llama.llamaCppRelease.release),
    backend: Name.fitted(['cpu', process.arch, ...used.map((set) => set.toLowerCase())].join(' ')),
    attention: flashAttention ? 'flash' : 'plain',
    kvType,
    weights: 'file',
    sampler: 'seeded',
    tensorParallel: 1,
    batchInvariant: !sharesBatches,
    prefixCache: false,
  };
}

async function start(options: WorkerOptions): Promise<Worker> {
  await loadKernels(options.numerics.kernels);
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 0, logLevel: 'error' as never });
  send({ type: 'ready', engine: engineInfo(llama, options.numerics) });
  return new Worker(llama, options);
}

let worker: Promise<Worker> | null = null;
process.on('message', (message: ToWorker) => {
  if (message.type === 'start') {
    worker = start(message.options);
    worker.catch((error: unknown) => {
      process.send?.({ type: 'failedToStart', reason: String(error) } satisfies FromWorker, () => process.exit(1));
    });
  }
  if (message.type === 'ping') send({ type: 'pong' });
  if (message.type === 'call') void worker?.then((ready) => ready.answer(message.id, message.call));
  if (message.type === 'cancel') void worker?.then((ready) => ready.cancel(message.id));
});
process.on('disconnect', () => process.exit(0));
// The terminal sends its interrupt to the whole group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);
