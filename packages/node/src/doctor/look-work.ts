import type { EngineInfo, Sampling } from '@assay/protocol';
import type { InferenceModel } from '@assay/roles/ports/inference';
import { graphicsCards } from '../hardware.ts';
import { startLlamaBackend } from '../inference/llama/backend.ts';
import { sha256OfFile } from '../models/file-hash.ts';
import type { SpeedFacts, WorkFacts } from './diagnose-work.ts';

/** Longest time for loading a model and measuring with it. */
const measureMs = 12_000;
/** Longest time for reading the model file whole. */
const hashMs = 10_000;
const tokens = 32;
/** Some 300 tokens with most models. */
const prompt = 'How fast does this machine read? '.repeat(40);

export interface WorkOptions {
  /** The model file that is to be served; null where there is none, or it is not here yet. */
  readonly path: string | null;
  /** Leaves out what takes seconds: the hash of the file and the speed. */
  readonly isQuick: boolean;
}

/** What this machine can compute with, and how fast. Changes nothing. */
export async function lookAtWork({ path, isQuick }: WorkOptions): Promise<WorkFacts> {
  const gpus = graphicsCards();
  const fileHash = path === null || isQuick ? null : await hashInTime(path);
  const found = await lookAtEngine(isQuick ? null : path);
  return { ...found, gpus: (await gpus).map(({ text }) => text), fileHash };
}

async function hashInTime(path: string): Promise<WorkFacts['fileHash']> {
  try {
    return await sha256OfFile(path, AbortSignal.timeout(hashMs));
  } catch (error) {
    const isLate = (error as Error).name === 'AbortError';
    return { problem: isLate ? `it takes longer than ${hashMs / 1000} s to read` : (error as Error).message };
  }
}

async function lookAtEngine(path: string | null): Promise<Pick<WorkFacts, 'engine' | 'speed'>> {
  let engine: EngineInfo | null = null;
  try {
    await using backend = await startLlamaBackend({ sequences: 1 });
    engine = backend.engine;
    const speed = path === null ? null : await inTime(backend.open(path).then(speedOf));
    return { engine, speed };
  } catch (error) {
    const problem = (error as Error).message;
    return engine === null ? { engine: { problem }, speed: null } : { engine, speed: { problem } };
  }
}

/** What comes within the time there is; the process that still works at it ends with the backend. */
async function inTime(measured: Promise<SpeedFacts>): Promise<SpeedFacts> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<SpeedFacts>((resolve) => {
    const problem = `it took longer than ${measureMs / 1000} s to load the model and measure with it`;
    timer = setTimeout(() => resolve({ problem }), measureMs);
  });
  measured.catch(() => {});
  return Promise.race([measured, late]).finally(() => clearTimeout(timer));
}

const greedy: Sampling = { temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };

async function speedOf(model: InferenceModel): Promise<SpeedFacts> {
  const ids = (await model.render([{ role: 'user', content: prompt }])).slice(0, model.contextTokens - tokens - 1);
  const request = { promptIds: ids, maxTokens: tokens, sampling: greedy, stop: [], topLogprobs: 5 };
  const beginMs = performance.now();
  let firstMs = 0;
  let written = 0;
  for await (const event of model.generate(request, new AbortController().signal)) {
    if (event.type !== 'tokens') continue;
    if (written === 0) firstMs = performance.now() - beginMs;
    written += event.tokens.length;
  }
  const restMs = performance.now() - beginMs - firstMs;
  if (written < 2) return { problem: 'the model ended its answer at once' };
  return { readPerSecond: (1000 * ids.length) / firstMs, writtenPerSecond: (1000 * (written - 1)) / restMs, firstMs };
}
