import { Account, formatUnits } from '@assay/client';
import { table } from '@assay/explain/table';
import { addressText } from '@assay/protocol';
import { z } from 'zod';
import { accountOf } from '../accounts.ts';
import { defineCommand } from '../command.ts';
import { addressNamed, listKeys } from '../data-keys.ts';
import { accountName } from '../inputs.ts';

export const balanceCommand = defineCommand({
  name: 'balance',
  summary: 'What an account holds; without an address, each account of the data directory.',
  arguments: [{ syntax: '[address]', description: 'assay1…, or the name of a key' }],
  options: [],
  input: z.object({ address: accountName.optional() }),
  output: z.object({ accounts: z.array(Account.extend({ name: z.string().nullable() })) }),
  run: async ({ client, input, dataDir, environment }) => {
    const node = client();
    const wanted: { name: string | null; address: string }[] =
      input.address === undefined
        ? await listKeys(dataDir, environment)
        : [{ name: null, address: addressText(await addressNamed(input.address, { dataDir, environment })) }];
    const accounts = [];
    for (const { name, address } of wanted) accounts.push({ ...(await accountOf(node, address)), name });
    return { accounts };
  },
  print: ({ accounts }) =>
    table(
      ['account', 'units', 'address'],
      accounts.map((account) => [account.name ?? '-', formatUnits(BigInt(account.balanceUnits)), account.address]),
    ),
});
