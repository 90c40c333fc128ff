import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { keysOf, listKeys } from '../data-keys.ts';

export const keysCommand = defineCommand({
  name: 'keys',
  summary: 'The keys of a data directory: names, kinds and addresses, never secrets; `--add` makes one more.',
  arguments: [],
  options: [
    { syntax: '--add <NAME>', description: 'make a key of this name, when there is none' },
    { syntax: '--committee', description: 'what is added signs for a mixer as well' },
  ],
  input: z
    .object({
      add: z
        .string()
        .regex(/^[a-z0-9-]{1,64}$/, 'A key is named with small letters, digits and hyphens.')
        .optional(),
      committee: z.boolean().default(false),
    })
    .refine(({ add, committee }) => add !== undefined || !committee, {
      error: 'Name the key that is made for a mixer: assay keys --committee --add NAME.',
    }),
  output: z.object({
    keys: z.array(
      z.object({
        name: z.string(),
        /** A committee key also signs certificates with BLS. */
        kind: z.enum(['account', 'committee']),
        address: z.string(),
        publicKey: z.string(),
        blsPublicKey: z.string().nullable(),
      }),
    ),
  }),
  run: async ({ dataDir, environment, input }) => {
    await keysOf(dataDir, environment, input.add === undefined ? [] : [{ name: input.add, bls: input.committee }]);
    return { keys: await listKeys(dataDir, environment) };
  },
  print: ({ keys }) =>
    table(
      ['key', 'kind', 'address'],
      keys.map((key) => [key.name, key.kind, key.address]),
    ),
});
