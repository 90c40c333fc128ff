import { Event, formatUnits } from '@assay/client';
import { table } from '@assay/explain/table';
import { addressText, type BodyKind, resultCodes, TransactionBody } from '@assay/protocol';
import { z } from 'zod';
import { type Command, defineCommand, type Invocation } from '../command.ts';
import { keysOf } from '../data-keys.ts';
import { CliError } from '../failures.ts';
import { units } from '../inputs.ts';
import { eventLines } from '../tx/events.ts';
import { readBody, type TxOption, txOptions } from '../tx/fields.ts';
import { send } from '../tx/send.ts';
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
const txOutput = z.object({
  kind: z.string(),
  from: z.string(),
  nonce: z.int(),
  feeUnits: z.string(),
  /** Whether it was only checked. */
  dryRun: z.boolean(),
  /** The block it is in, or of a dry run the one it could be in. */
  height: z.int(),
  code: z.string(),
  sentence: z.string(),
  events: z.array(Event),
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
    output: txOutput,
    run: (invocation) => run(kind, invocation),
    print: ({ from, nonce, feeUnits, dryRun, height, code, sentence, events }, { from: name }) => [
      dryRun ? `In block ${height} it would get ${code}: ${sentence}` : `In block ${height}: ${code}. ${sentence}`,
      `${kind} of ${name} (${from}), nonce ${nonce}, fee ${formatUnits(BigInt(feeUnits))}`,
      ...eventLines(events),
    ],
    exit: ({ code }) => (code === 'OK' ? 'ok' : 'refused'),
  });
}

async function run(kind: BodyKind, invocation: Invocation<z.infer<typeof txInput>>): Promise<z.infer<typeof txOutput>> {
  const { dataDir, environment, input, client } = invocation;
  const { from, fee, dryRun, ...given } = input;
  const keys = await keysOf(dataDir, environment);
  if (!keys.has(from)) {
    throw new CliError(
      'notFound',
      `There is no key "${from}" in ${dataDir}; \`assay keys\` lists them, --from names one.`,
    );
  }
  const node = client();
  const params = await node.getParams();
  const signer = keys.account(from);
  const known = { keys, params, account: signer.address };
  const body = readBody(kind, given as Record<string, string | undefined>, known);
  const feeUnits = fee ?? params.transactionFeeUnits;
  const answer = await send(node, [kind, body], { signer, name: from, feeUnits, dryRun });
  const { sentence } = 'sentence' in answer ? answer : resultCodes[answer.code];
  const events = 'events' in answer ? answer.events : [];
  const { nonce, height, code } = answer;
  return {
    kind,
    from: addressText(signer.address),
    nonce,
    feeUnits: String(feeUnits),
    dryRun,
    height,
    code,
    sentence,
    events,
  };
}

/** The list of the kinds, then one command for each. */
export const txCommands: readonly Command[] = [txCommand, ...TransactionBody.kinds.map(txCommandOf)];
