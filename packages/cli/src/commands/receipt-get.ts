import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ReceiptJson } from '@assay/client';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { taskId } from '../inputs.ts';

const pollMs = 250;
const patienceMs = 30_000;

export const receiptGetCommand = defineCommand({
  name: 'receipt get',
  summary: 'Fetch the portable receipt of a task; waits until it is certified.',
  arguments: [{ syntax: '<id>', description: 'task id' }],
  options: [{ syntax: '--out <FILE>', description: 'write it to a file' }],
  input: z.object({ id: taskId, out: z.string().optional() }),
  output: ReceiptJson,
  run: async ({ client, input }) => {
    const receipt = await certifiedReceipt(client(), input.id);
    if (input.out !== undefined) writeFileSync(input.out, `${JSON.stringify(receipt, null, 2)}\n`);
    return receipt;
  },
  print: (receipt, { out }) =>
    out === undefined
      ? JSON.stringify(receipt, null, 2).split('\n')
      : [`Written to ${out}. Check it offline: assay receipt verify ${out}`],
});

async function certifiedReceipt(client: Client, id: string): Promise<ReceiptJson> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    const receipt = await client.getReceipt(id);
    if (!('status' in receipt)) return receipt;
    await delay(pollMs);
  }
  throw new CliError(
    'refused',
    'The task is not certified yet. `assay status` tells whether the chain moves; ask again.',
  );
}
