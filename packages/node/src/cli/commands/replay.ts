import { genesisHash, Ledger } from '@assay/ledger';
import { toHex } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { type History, ReplayFault, replayBlocks, withHistory } from '../history.ts';
import { fields } from '../table.ts';
import { LiveLine } from '../terminal.ts';

const quietMs = 2000;

const output = z.object({
  valid: z.boolean(),
  source: z.string(),
  chainId: z.string(),
  genesisHash: z.string(),
  /** Height of the last block that is as it must be, and the root of the state after it. */
  height: z.int(),
  stateRoot: z.string(),
  transactions: z.int(),
  /** The first block that is not as it must be. */
  fault: z.object({ height: z.int(), reason: z.string() }).nullable(),
});

export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'Recompute every block from the genesis and compare all roots.',
  arguments: [],
  options: [{ syntax: '--fast', description: 'do not check signatures' }],
  input: z.object({ fast: z.boolean().default(false) }),
  output,
  run: (invocation) => withHistory(invocation, (history) => recompute(history, invocation)),
  print: (replayed) => [
    ...fields([
      ['chain', `${replayed.chainId}, read from ${replayed.source}`],
      ['genesis', replayed.genesisHash],
      ['height', String(replayed.height)],
      ['state root', replayed.stateRoot],
    ]),
    replayed.fault === null
      ? `Every root of ${replayed.height} blocks with ${replayed.transactions} transactions is what the rules make it.`
      : `The chain is not what the rules make it. ${replayed.fault.reason}`,
  ],
  exit: ({ valid }) => (valid ? 'ok' : 'verification'),
});

async function recompute(
  history: History,
  { input, terminal }: Invocation<{ fast: boolean }>,
): Promise<z.infer<typeof output>> {
  const live = new LiveLine(terminal.note, quietMs);
  const replayed: z.infer<typeof output> = {
    valid: true,
    source: history.source,
    chainId: new TextDecoder().decode(history.genesis.chainId),
    genesisHash: `0x${toHex(genesisHash(history.genesis))}`,
    height: 0,
    stateRoot: `0x${toHex(Ledger.fromGenesis(history.genesis).stateRoot())}`,
    transactions: 0,
    fault: null,
  };
  try {
    for await (const { height, block, result } of replayBlocks(history, input)) {
      replayed.height = height;
      replayed.stateRoot = `0x${toHex(result.stateRoot)}`;
      replayed.transactions += block.transactions.length;
      live.show(`block ${height} of ${history.height}`);
    }
  } catch (error) {
    if (!(error instanceof ReplayFault)) throw error;
    replayed.valid = false;
    replayed.fault = { height: error.height, reason: error.reason };
  } finally {
    live.end();
  }
  return replayed;
}
