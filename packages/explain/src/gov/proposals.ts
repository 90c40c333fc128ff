import { formatUnits } from '@assay/client';
import { addressText, type ProposalRow } from '@assay/protocol';
import { z } from 'zod';
import { hex } from '../explanation.ts';
import { ratio } from '../ratio.ts';
import { type History, headOf } from '../replay-blocks.ts';

const count = z.object({
  yesUnits: z.string(),
  noUnits: z.string(),
  abstainUnits: z.string(),
  vetoUnits: z.string(),
  totalUnits: z.string(),
});
export const Proposal = z.object({
  proposal: z.int(),
  status: z.string(),
  proposer: z.string(),
  /** What it would do, in words. */
  asks: z.string(),
  endEpoch: z.int(),
  executeEpoch: z.int(),
  /** The count that ended the voting; null before. */
  count: count.nullable(),
  /** Accounts that have voted, while voting goes on. */
  voters: z.int(),
});
export type Proposal = z.infer<typeof Proposal>;

/** Every proposal of a chain, oldest first: of the state after its last block, with the counts of its blocks. */
export async function proposalsOf(history: History, options: { readonly fast: boolean }): Promise<Proposal[]> {
  const ended = await history.marked('votingEnded');
  const counts = new Map(ended.map(({ event }) => [event.proposal, event.count]));
  const { proposals, votes } = (await headOf(history, options)).state;
  const cast = [...votes];
  return Array.from(proposals, (row, proposal) => ({
    proposal,
    status: row.status,
    proposer: addressText(row.proposer),
    asks: wordsOf(row),
    endEpoch: row.endEpoch,
    executeEpoch: row.executeEpoch,
    count: counts.get(proposal) ?? null,
    voters: cast.filter((vote) => vote.proposal === proposal).length,
  }));
}

const short = (root: Uint8Array) => `${hex(root).slice(0, 10)}…`;

function wordsOf({ action }: Readonly<ProposalRow>): string {
  switch (action.kind) {
    case 'parameterChange':
      return `${action.value.path} = ${action.value.value}`;
    case 'treasurySpend':
      return `pay ${formatUnits(action.value.amountUnits)} units of the treasury to ${addressText(action.value.to)}`;
    case 'modelDifficulty':
      return `difficulty of model ${action.value.model} = ${action.value.difficultyPpm / 1_000_000}`;
    case 'upgrade':
      return `rule ${action.value.rule} from block ${action.value.height} on`;
    case 'ban': {
      const { kind, role, isBanned } = action.value;
      return `${isBanned ? 'ban' : 'end the ban of'} ${kind} ${role}`;
    }
    case 'noiseProfile': {
      const { model, minerEngine, auditorEngine, t1LimitPpb, marginMicro } = action.value;
      const pair = `model ${model}, miner's engine ${short(minerEngine)}, auditor's ${short(auditorEngine)}`;
      if (t1LimitPpb === 0) return `no noise profile any more for ${pair}`;
      return `noise profile of ${pair}: T1 up to ${ratio(t1LimitPpb)}, ${marginMicro / 1_000_000} nats`;
    }
  }
}
