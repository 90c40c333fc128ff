import { presetNames } from '@assay/node/presets/presets';
import { z } from 'zod';

/** The name of a preset. */
export const presetOption = z.string().refine((name) => presetNames.includes(name), {
  error: (issue) => `--preset takes one of ${presetNames.join(', ')}, not "${String(issue.input)}".`,
});
