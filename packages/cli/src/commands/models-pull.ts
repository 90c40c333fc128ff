import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { resolveShown } from '../model-progress.ts';

export const modelsPullCommand = defineCommand({
  name: 'models pull',
  summary: 'Fetch a model into the cache, or check that it is there and whole.',
  arguments: [{ syntax: '[name]', description: 'a model of `assay models list` (default: the default model)' }],
  options: [],
  input: z.object({ name: z.string().optional() }),
  output: z.object({ name: z.string(), path: z.string(), fileHash: z.string(), sizeBytes: z.int() }),
  run: ({ input, home, terminal }) => resolveShown(input.name, { home, terminal }),
  print: ({ name, path }) => [`${name} is at ${path}.`],
});
