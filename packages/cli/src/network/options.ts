import { z } from 'zod';

export const dirOption = { syntax: '--dir <DIR>', description: 'the directory that `assay network init` wrote' };
export const hostOption = {
  syntax: '--host <NAME>',
  description: 'only the nodes of this machine of a network that was written with --hosts',
};

export const dirInput = z.object({
  dir: z.string({ error: 'Name the directory of the network: --dir DIR.' }),
  host: z.string().optional(),
});
