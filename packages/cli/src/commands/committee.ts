import { Committee } from '@assay/client';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { wholeNumber } from '../inputs.ts';

export const committeeCommand = defineCommand({
  name: 'committee',
  summary: 'The committee of an epoch and its keys; with --json, a file for `receipt verify --committee`.',
  arguments: [],
  options: [{ syntax: '--epoch <N>', description: 'an epoch up to the present one (default: the present one)' }],
  input: z.object({ epoch: wholeNumber('--epoch', { min: 0, max: 2 ** 32 - 1 }).optional() }),
  output: Committee,
  run: ({ client, input }) => client().getCommittee(input.epoch === undefined ? {} : { epoch: input.epoch }),
  print: (committee) => [
    `Committee of ${committee.chainId} in epoch ${committee.epoch}: ` +
      `a certificate needs ${committee.needed} of ${committee.mixers.length} signatures.`,
    `It served epochs ${committee.epochs.from} to ${committee.epochs.through}.`,
    '',
    ...table(
      ['mixer', 'account', 'BLS public key'],
      committee.mixers.map((mixer) => [String(mixer.index), mixer.account, mixer.blsPublicKey]),
    ),
  ],
});
