import { Event, formatUnits } from '@assay/client';
import { addressText, type BodyKind, type BodyValues, resultCodes } from '@assay/protocol';
import { z } from 'zod';
import type { Invocation } from '../command.ts';
import { keysOf } from '../data-keys.ts';
import { CliError } from '../failures.ts';
import { eventLines } from './events.ts';
import { send } from './send.ts';

/** What came of a transaction. */
export const txOutcome = z.object({
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
export type TxOutcome = z.infer<typeof txOutcome>;

type Run = Pick<Invocation<unknown>, 'client' | 'dataDir' | 'environment'>;
interface Asked {
  /** Name of the key that signs. */
  readonly from: string;
  /** Without it the network's fee. */
  readonly feeUnits: bigint | undefined;
  readonly dryRun: boolean;
}

/** The key of a name. Throws CliError where the data directory has none. */
export async function signerNamed(name: string, { dataDir, environment }: Run) {
  const keys = await keysOf(dataDir, environment);
  if (keys.has(name)) return { keys, signer: keys.account(name) };
  throw new CliError(
    'notFound',
    `There is no key "${name}" in ${dataDir}; \`assay keys\` lists them, --from names one.`,
  );
}

/** Signs a transaction with a key of the data directory and sends it, or asks what it would get. */
export async function submit<Kind extends BodyKind>(
  run: Run,
  message: readonly [Kind, BodyValues[Kind]],
  { from, feeUnits: given, dryRun }: Asked,
): Promise<TxOutcome> {
  const { signer } = await signerNamed(from, run);
  const node = run.client();
  const feeUnits = given ?? (await node.getParams()).transactionFeeUnits;
  const answer = await send(node, message, { signer, name: from, feeUnits, dryRun });
  const { sentence } = 'sentence' in answer ? answer : resultCodes[answer.code];
  const events = 'events' in answer ? answer.events : [];
  const { nonce, height, code } = answer;
  const [kind] = message;
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

/** The outcome for a person; `name` is that of the key. */
export function outcomeLines(
  { kind, from, nonce, feeUnits, dryRun, height, code, sentence, events }: TxOutcome,
  name: string,
) {
  return [
    dryRun ? `In block ${height} it would get ${code}: ${sentence}` : `In block ${height}: ${code}. ${sentence}`,
    `${kind} of ${name} (${from}), nonce ${nonce}, fee ${formatUnits(BigInt(feeUnits))}`,
    ...eventLines(events),
  ];
}
