import { z } from 'zod';

/** Files that `assay calibrate --out` wrote, for a new network. */
export const profileInput = z.array(z.string()).default([]);

export const profileOption = {
  syntax: '--profile <FILE...>',
  description: 'a noise profile of a new network, which `assay calibrate --out FILE` wrote; as often as needed',
} as const;
