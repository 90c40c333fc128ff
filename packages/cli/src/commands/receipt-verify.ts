import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  genesisFromJson,
  portableReceiptFromJson,
  type Trust,
  trustFromCommitteeJson,
  trustFromGenesis,
  verifyReceipt,
} from '@assay/client';
import { dataFiles } from '@assay/node/host/data-files';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';

export const receiptVerifyCommand = defineCommand({
  name: 'receipt verify',
  summary: 'Check a receipt offline, with nothing but the keys of the committee.',
  arguments: [{ syntax: '<file>', description: 'receipt in JSON; - reads standard input' }],
  options: [
    { syntax: '--genesis <FILE>', description: "genesis to trust (default: the data directory's)" },
    { syntax: '--committee <FILE>', description: 'committee to trust, as `assay committee --json` writes it' },
  ],
  input: z
    .object({ file: z.string(), genesis: z.string().optional(), committee: z.string().optional() })
    .refine((input) => input.genesis === undefined || input.committee === undefined, {
      error: 'Give either --genesis or --committee, not both.',
    }),
  output: z.object({
    valid: z.boolean(),
    sentence: z.string(),
    reasons: z.array(z.string()),
    taskId: z.string(),
    trusted: z.object({ source: z.string(), chainId: z.string(), genesisHash: z.string() }),
  }),
  run: async ({ input, dataDir }) => {
    const receipt = portableReceiptFromJson(readJson(input.file));
    const source = input.committee ?? input.genesis ?? join(dataDir, dataFiles.genesis);
    const trust = readTrust(source, input.committee !== undefined);
    const { valid, sentence, reasons } = verifyReceipt(receipt, trust);
    return {
      valid,
      sentence,
      reasons: [...reasons],
      taskId: `0x${toHex(receipt.receipt.taskId)}`,
      trusted: { source, chainId: trust.chainId, genesisHash: `0x${toHex(trust.genesisHash)}` },
    };
  },
  print: ({ valid, sentence, reasons, trusted }) => [
    `${valid ? 'Valid' : 'Not valid'}. ${sentence}`,
    ...reasons.slice(1).map((reason) => `Also: ${reason}`),
    `Trusted: ${trusted.source}`,
  ],
  exit: ({ valid }) => (valid ? 'ok' : 'verification'),
});

function readTrust(path: string, isCommittee: boolean): Trust {
  const json = readJson(path);
  return isCommittee ? trustFromCommitteeJson(json) : trustFromGenesis(genesisFromJson(json));
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new CliError('notFound', `${path} cannot be read. ${hint(path)}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('usage', `${path} is not JSON.`, { cause });
  }
}

function hint(path: string): string {
  return path.endsWith('genesis.json')
    ? 'Name a file to trust with --genesis or --committee, or a data directory with --data.'
    : 'Check the name.';
}
