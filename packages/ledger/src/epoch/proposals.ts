import type { LedgerEvent, Ref, VoteCount } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import { carryOut } from '../governance/actions.ts';
import { votingWeights } from '../governance/voting.ts';
import { keyOf, type LedgerState } from '../state/state.ts';

/** Counts the votes that end with this epoch, and carries out what passed and has waited long enough (§12). */
export function settleProposals(state: LedgerState): LedgerEvent[] {
  const { epoch } = state.globals;
  const events: LedgerEvent[] = [];
  for (let proposal = 0; proposal < state.proposals.length; proposal++) {
    const { status, endEpoch } = state.proposals.at(proposal);
    if (status === 'voting' && endEpoch <= epoch) events.push(endVoting(state, proposal));
  }
  for (let proposal = 0; proposal < state.proposals.length; proposal++) {
    const { status, executeEpoch } = state.proposals.at(proposal);
    if (status === 'passed' && executeEpoch <= epoch) events.push(execute(state, proposal));
  }
  return events;
}

function endVoting(state: LedgerState, proposal: Ref<'proposals'>): LedgerEvent {
  const { proposer, depositUnits } = state.proposals.at(proposal);
  const count = countVotes(state, proposal);
  const outcome = outcomeOf(count, state.params.governance);
  const isBurned = outcome === 'vetoed';
  state.proposals.update(proposal, { status: outcome, depositUnits: 0n });
  if (isBurned)
    state.setGlobals({ burnedUnits: state.globals.burnedUnits + depositUnits }); // §12.3
  else state.credit(proposer, depositUnits);
  return { type: 'votingEnded', proposal, outcome, count, burnedUnits: isBurned ? depositUnits : 0n };
}

/** Votes weigh what their voters hold now: nothing moved on after a vote counts twice. */
function countVotes(state: LedgerState, proposal: Ref<'proposals'>): VoteCount {
  const units = { yes: 0n, no: 0n, abstain: 0n, veto: 0n };
  const weights = votingWeights(state);
  for (const { proposal: on, voter, choice } of state.votes) {
    if (on === proposal) units[choice] += weights.get(keyOf(voter)) ?? 0n;
  }
  return {
    yesUnits: units.yes,
    noUnits: units.no,
    abstainUnits: units.abstain,
    vetoUnits: units.veto,
    totalUnits: [...weights.values()].reduce((sum, weight) => sum + weight, 0n),
  };
}

/** What a count comes to (§12.3). */
export function outcomeOf(
  { yesUnits, noUnits, abstainUnits, vetoUnits, totalUnits }: VoteCount,
  { quorumPpb, passPpb, vetoPpb }: Readonly<Record<'quorumPpb' | 'passPpb' | 'vetoPpb', number>>,
): 'passed' | 'rejected' | 'noQuorum' | 'vetoed' {
  const decided = yesUnits + noUnits + vetoUnits;
  const voted = decided + abstainUnits;
  if (voted === 0n || voted * PPB < totalUnits * BigInt(quorumPpb)) return 'noQuorum';
  if (vetoUnits > 0n && vetoUnits * PPB >= voted * BigInt(vetoPpb)) return 'vetoed';
  return yesUnits * PPB > decided * BigInt(passPpb) ? 'passed' : 'rejected';
}

function execute(state: LedgerState, proposal: Ref<'proposals'>): LedgerEvent {
  const isDone = carryOut(state, state.proposals.at(proposal).action);
  state.proposals.update(proposal, { status: isDone ? 'executed' : 'failed' });
  return isDone ? { type: 'proposalExecuted', proposal } : { type: 'proposalFailed', proposal };
}
