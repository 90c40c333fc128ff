import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { EngineInfo, Sampling } from '@assay/protocol';
import type { InferenceModel } from '@assay/roles/ports/inference';
import { childEnvironment } from '../child-environment.ts';
import { startLlamaBackend } from '../inference/llama/backend.ts';
import { sha256OfFile } from '../models/file-hash.ts';
import type { SpeedFacts, WorkFacts } from './diagnose-work.ts';

/** Longest time for what another program says of the graphics card. */
const askMs = 3000;
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
  return { ...found, gpus: await gpus, fileHash };
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

/** Graphics cards, each with its driver as far as that is known. */
async function graphicsCards(): Promise<string[]> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const nvidia = (await said('nvidia-smi', query)).flatMap((line) => {
    const [name, driver, memory] = line.split(',').map((part) => part.trim());
    return memory === undefined ? [] : [`${name}, driver ${driver}, ${memory}`];
  });
  if (nvidia.length > 0) return nvidia;
  const names = (await said('vulkaninfo', ['--summary'])).flatMap(
    (line) => /deviceName\s*=\s*(.+)/.exec(line)?.[1] ?? [],
  );
  // A processor that draws for want of a card.
  const cards = names.filter((name) => !/llvmpipe|lavapipe|swiftshader/i.test(name));
  if (cards.length > 0) return cards.map((name) => `${name}, by Vulkan`);
  const driver = '/proc/driver/nvidia/version';
  if (existsSync(driver)) return [`a card of NVIDIA, ${readFileSync(driver, 'utf8').split('\n')[0]}`];
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri').filter((name) => name.startsWith('renderD')) : [];
  return nodes.map((name) => `/dev/dri/${name}, whose driver nothing here names`);
}

/** The lines that a program says; none where it is not there, or fails. */
async function said(program: string, words: readonly string[]): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(program, words, { timeout: askMs, env: childEnvironment() });
    return stdout.split('\n');
  } catch {
    return [];
  }
}
