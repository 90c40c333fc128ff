import { isDeepStrictEqual } from 'node:util';
import { formatUnits } from '@assay/client';
import { epochJson } from '@assay/explain/json';
import { type History, ReplayFault, replayBlocks, startUpTo } from '@assay/explain/replay-blocks';
import { fields } from '@assay/explain/table';
import { genesisHash } from '@assay/ledger';
import type { EpochClose } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { withHistory } from '../history.ts';
import { wholeNumber } from '../inputs.ts';

const maxHeight = Number.MAX_SAFE_INTEGER;

const input = z.object({
  from: wholeNumber('--from', { min: 1, max: maxHeight }).default(1),
  epoch: wholeNumber('--epoch', { min: 0, max: 2 ** 32 - 1 }).optional(),
  fast: z.boolean().default(false),
});

const output = z.object({
  valid: z.boolean(),
  source: z.string(),
  chainId: z.string(),
  genesisHash: z.string(),
  /** Height of the kept state that it began with; 0 for the genesis. */
  startHeight: z.int(),
  /** Height of the last block that is as it must be, and the root of the state after it. */
  height: z.int(),
  stateRoot: z.string(),
  transactions: z.int(),
  /** The first block that is not as it must be. */
  fault: z.object({ height: z.int(), reason: z.string() }).nullable(),
  /** The epoch that was asked for, as the rules settle it. */
  settlement: z
    .object({
      epoch: z.int(),
      mintedUnits: z.string(),
      revenueUnits: z.string(),
      burnedUnits: z.string(),
      payouts: z.int(),
      paidUnits: z.string(),
      /** Whether the node says the same of every amount. */
      agrees: z.boolean(),
    })
    .nullable(),
});
type Replay = z.infer<typeof output>;
type Settlement = NonNullable<Replay['settlement']>;

export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'Recompute every block and compare all roots: from the genesis, or with --from from a kept state on.',
  arguments: [],
  options: [
    { syntax: '--epoch <N>', description: 'only up to the settlement of this epoch, and compare what it paid' },
    {
      syntax: '--from <HEIGHT>',
      description: 'begin with the newest state kept before this block (default: with the genesis)',
    },
    { syntax: '--fast', description: 'do not check signatures' },
  ],
  input,
  output,
  run: (invocation) => withHistory(invocation, ({ wasChecked, ...history }) => recompute(history, invocation)),
  print: (replayed) => [
    ...fields([
      ['chain', `${replayed.chainId}, read from ${replayed.source}`],
      ['genesis', replayed.genesisHash],
      ['from', replayed.startHeight === 0 ? 'the genesis' : keptText(replayed)],
      ['height', String(replayed.height)],
      ['state root', replayed.stateRoot],
    ]),
    replayed.fault === null
      ? `Every root of ${counted(replayed)} is what the rules make it.`
      : `The chain is not what the rules make it. ${replayed.fault.reason}`,
    ...(replayed.settlement === null ? [] : settlementLines(replayed.settlement, replayed.source)),
  ],
  exit: ({ valid }) => (valid ? 'ok' : 'verification'),
});

const keptText = ({ startHeight }: Replay): string =>
  `the state after block ${startHeight}, which is kept there; what came before was not checked`;
const counted = ({ height, startHeight, transactions }: Replay): string =>
  `${height - startHeight} blocks with ${transactions} transactions`;

function settlementLines(settlement: Settlement, source: string): string[] {
  const { epoch, mintedUnits, revenueUnits, burnedUnits, payouts, paidUnits, agrees } = settlement;
  const units = (text: string) => `${formatUnits(BigInt(text))} units`;
  return [
    '',
    ...fields([
      ['epoch', String(epoch)],
      ['minted', units(mintedUnits)],
      ['revenue', units(revenueUnits)],
      ['burned', units(burnedUnits)],
      ['paid', `${units(paidUnits)} in ${payouts} payouts`],
    ]),
    agrees
      ? `${source} says the same of every payout, to the last base unit.`
      : `${source} does not say the same of this epoch.`,
  ];
}

async function recompute(history: History, { input: asked }: Invocation<z.infer<typeof input>>): Promise<Replay> {
  const start = await startUpTo(history, asked.from - 1);
  const { height: startHeight } = start.ledger.state.globals;
  const replayed: Replay = {
    valid: true,
    source: history.source,
    chainId: history.genesis.chainId,
    genesisHash: `0x${toHex(genesisHash(history.genesis))}`,
    startHeight,
    height: startHeight,
    stateRoot: `0x${toHex(start.ledger.stateRoot())}`,
    transactions: 0,
    fault: null,
    settlement: null,
  };
  try {
    for await (const { height, block, result } of replayBlocks(history, { ...asked, start })) {
      replayed.height = height;
      replayed.stateRoot = `0x${toHex(result.stateRoot)}`;
      replayed.transactions += block.transactions.length;
      const closed = result.events.find((event) => event.type === 'epochClosed' && event.close.epoch === asked.epoch);
      if (closed?.type !== 'epochClosed') continue;
      replayed.settlement = await settlementOf(history, closed.close);
      break;
    }
  } catch (error) {
    if (!(error instanceof ReplayFault)) throw error;
    replayed.fault = { height: error.height, reason: error.reason };
  }
  const isMissing = asked.epoch !== undefined && replayed.settlement === null && replayed.fault === null;
  if (isMissing) throw new CliError('notFound', `Epoch ${asked.epoch} is not closed by block ${history.height}.`);
  return { ...replayed, valid: replayed.fault === null && replayed.settlement?.agrees !== false };
}

async function settlementOf(history: History, close: EpochClose): Promise<Settlement> {
  const { epoch, mintedUnits, revenueUnits, burnedUnits, payouts } = close;
  return {
    epoch,
    mintedUnits: String(mintedUnits),
    revenueUnits: String(revenueUnits),
    burnedUnits: String(burnedUnits),
    payouts: payouts.length,
    paidUnits: String(payouts.reduce((sum, { units }) => sum + units, 0n)),
    agrees: isDeepStrictEqual(await history.closeOf(epoch), epochJson(close)),
  };
}
