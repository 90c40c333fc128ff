import { table } from '@assay/explain/table';
import { type BodyKind, TransactionBody } from '@assay/protocol';
import { z } from 'zod';
import { type Command, defineCommand, type Invocation } from '../command.ts';
import { units } from '../inputs.ts';
import { readBody, type TxOption, txOptions } from '../tx/fields.ts';
import { outcomeLines, signerNamed, submit, type TxOutcome, txOutcome } from '../tx/outcome.ts';
import { sentences } from '../tx/sentences.ts';

const standardKey = 'payer';

const txCommand = defineCommand({
  name: 'tx',
  summary: 'Sign and send a transaction of any kind; without one, the kinds there are.',
  arguments: [{ syntax: '[kind]', description: 'what to send; `assay tx KIND --help` shows what it takes' }],
  options: [],
  input: z.object({
    kind: z
      .undefined({ error: ({ input }) => `"${input}" is no kind of transaction; \`assay tx\` lists them.` })
      .optional(),
  }),
  output: z.object({
    kinds: z.array(
      z.object({
        kind: z.string(),
        summary: z.string(),
        options: z.array(z.object({ option: z.string(), takes: z.string() })),
      }),
    ),
  }),
  run: async () => ({
    kinds: TransactionBody.kinds.map((kind) => ({
      kind,
      summary: sentences[kind],
      options: txOptions(kind).map((option) => ({ option: syntaxOf(option), takes: option.description })),
    })),
  }),
  print: ({ kinds: listed }) => [
    ...table(
      ['kind', 'what it does'],
      listed.map(({ kind, summary }) => [kind, summary]),
    ),
    '',
    '`assay tx KIND --help` shows what a kind takes.',
  ],
});

const syntaxOf = ({ flag, form }: TxOption) => `${flag} <${form.placeholder}>`;

const txInput = z.looseObject({
  from: z.string().default(standardKey),
  fee: units('--fee').optional(),
  dryRun: z.boolean().default(false),
});
function txCommandOf(kind: BodyKind): Command {
  return defineCommand({
    name: `tx ${kind}`,
    summary: sentences[kind],
    arguments: [],
    options: [
      ...txOptions(kind).map((option) => ({ syntax: syntaxOf(option), description: option.description })),
      {
        syntax: '--from <KEY>',
        description: `the key that signs, by its name in \`assay keys\` (default ${standardKey})`,
      },
      { syntax: '--fee <UNITS>', description: "fee in units (default the network's; a duty may go without, --fee 0)" },
      { syntax: '--dry-run', description: 'say what it would get, and send nothing' },
    ],
    input: txInput,
    output: txOutcome,
    run: (invocation) => run(kind, invocation),
    print: (outcome, { from }) => outcomeLines(outcome, from),
    exit: ({ code }) => (code === 'OK' ? 'ok' : 'refused'),
  });
}

async function run(kind: BodyKind, invocation: Invocation<z.infer<typeof txInput>>): Promise<TxOutcome> {
  const { input, client } = invocation;
  const { from, fee: feeUnits, dryRun, ...given } = input;
  const { keys, signer } = await signerNamed(from, invocation);
  const known = { keys, params: await client().getParams(), account: signer.address };
  const body = readBody(kind, given as Record<string, string | undefined>, known);
  return submit(invocation, [kind, body], { from, feeUnits, dryRun });
}

/** The list of the kinds, then one command for each. */
export const txCommands: readonly Command[] = [txCommand, ...TransactionBody.kinds.map(txCommandOf)];
