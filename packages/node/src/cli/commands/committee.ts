import { Committee } from '@assay/client';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { table } from '../table.ts';

export const committeeCommand = defineCommand({
  name: 'committee',
  summary: 'The active mixers and their keys; with --json, a file for `receipt verify --committee`.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: Committee,
  run: ({ client }) => client().getCommittee(),
  print: (committee) => [
    `Committee of ${committee.chainId} in epoch ${committee.epoch}: ` +
      `a certificate needs ${committee.needed} of ${committee.mixers.length} signatures.`,
    '',
    ...table(
      ['mixer', 'account', 'BLS public key'],
      committee.mixers.map((mixer) => [String(mixer.index), mixer.account, mixer.blsPublicKey]),
    ),
  ],
});
