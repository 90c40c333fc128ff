import { existsSync } from 'node:fs';
import { table } from '@assay/explain/table';
import { readCatalog } from '@assay/node/models/catalog';
import { cachePath } from '@assay/node/models/resolve';
import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const modelsListCommand = defineCommand({
  name: 'models list',
  summary: 'The models of the catalogue, and which of them are in the cache.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: z.object({
    models: z.array(
      z.object({
        name: z.string(),
        isDefault: z.boolean(),
        quantisation: z.string(),
        license: z.string(),
        sizeBytes: z.int(),
        sha256: z.string(),
        /** Null while it is not in the cache. */
        path: z.string().nullable(),
      }),
    ),
  }),
  run: async ({ home }) => {
    const { default: standard, models } = readCatalog();
    return {
      models: models.map((model) => {
        const { name, quantisation, license, sizeBytes, sha256 } = model;
        const path = cachePath(model, home);
        const isDefault = name === standard;
        return { name, isDefault, quantisation, license, sizeBytes, sha256, path: existsSync(path) ? path : null };
      }),
    };
  },
  print: ({ models }) =>
    table(
      ['model', 'weights', 'MB', 'licence', 'in the cache'],
      models.map(({ name, isDefault, quantisation, sizeBytes, license, path }) => [
        isDefault ? `${name} (default)` : name,
        quantisation,
        (sizeBytes / 1e6).toFixed(1),
        license,
        path ?? 'no: assay models pull',
      ]),
    ),
});
