import { existsSync, statSync } from 'node:fs';
import type { Genesis } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { ModelFacts } from '../doctor/diagnose.ts';
import type { Upstream } from '../host/backend.ts';
import type { NodeConfig } from '../host/config.ts';
import { readCatalog } from '../models/catalog.ts';
import { cachePath } from '../models/resolve.ts';

export interface ModelWish {
  readonly domain: number;
  /** A GGUF file, or a name of the catalogue; null: what the network serves, or of a server its text alone. */
  readonly model: string | null;
  /** A server that answers in its place, with text alone where no model is named; null for none. */
  readonly upstream: Upstream | null;
  readonly threads: number | null;
  /** Holds the cache. */
  readonly home: string;
}

export interface ModelChoice {
  readonly backend: NonNullable<NodeConfig['backend']>;
  /** Null where a server has it. */
  readonly facts: ModelFacts | null;
}

/** What a newcomer serves, or checks with: what it names, else a model of its domain that the catalogue has. */
export function chooseModel({ models }: Pick<Genesis, 'models'>, wish: ModelWish): ModelChoice {
  const { domain, model, upstream, threads, home } = wish;
  const registered = models.filter((row) => row.domain === domain);
  if (upstream !== null && model === null) {
    const name = upstream.model ?? registered[0]?.name ?? null;
    return { backend: { kind: 'upstream', url: upstream.url, model: name, file: null }, facts: null };
  }
  const catalog = readCatalog().models;
  const named = catalog.find(({ name }) => name.toLowerCase() === model?.toLowerCase());
  const usual = catalog.find(({ sha256 }) => registered.some(({ fileHash }) => toHex(fileHash) === sha256));
  const known = model === null ? usual : named;
  const file = known?.name ?? model;
  const backend =
    upstream === null
      ? { kind: 'file' as const, model: file, threads }
      : { kind: 'upstream' as const, url: upstream.url, model: upstream.model, file };
  if (known !== undefined) {
    const { name, license, sizeBytes } = known;
    const path = cachePath(known, home);
    return { backend, facts: { name, license, sizeBytes, isHere: existsSync(path), path, problem: null } };
  }
  const wanted = registered
    .map(({ name, fileHash }) => `${name} (SHA-256 ${toHex(fileHash).slice(0, 12)}…)`)
    .join(', ');
  const none = { license: null, sizeBytes: 0, isHere: false, path: null };
  if (model === null) {
    const problem = `The network serves ${wanted || 'no model in this domain'}; this version knows no source of it.`;
    return { backend, facts: { ...none, name: wanted, problem } };
  }
  const size = statSync(model, { throwIfNoEntry: false })?.size;
  const problem = size === undefined ? `There is no file "${model}", and the catalogue has no such model.` : null;
  const [isHere, path] = [size !== undefined, size === undefined ? null : model];
  return { backend, facts: { name: model, license: null, sizeBytes: size ?? 0, isHere, path, problem } };
}
