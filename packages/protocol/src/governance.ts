import { UnionType } from '@chainsafe/ssz';
import { Address, Height, Units } from './encoding.ts';
import { limits } from './limits.ts';
import { Bool, textOf, U8, U32, type ValueOf } from './scalars.ts';
import { byValue, StructType } from './struct.ts';

/** Sets one parameter: where it stands in `Params`, and its new value as JSON text (§12.2). */
export const ParameterChange = new StructType(
  { path: textOf(limits.maxPathBytes), value: textOf(limits.maxParameterBytes) },
  { typeName: 'ParameterChange' },
);
export type ParameterChange = ValueOf<typeof ParameterChange>;

/** Pays base units out of the treasury. */
export const TreasurySpend = new StructType({ to: Address, amountUnits: Units }, { typeName: 'TreasurySpend' });

/** Sets what the work on a model counts, parts per million. */
export const ModelDifficulty = new StructType({ model: U32, difficultyPpm: U32 }, { typeName: 'ModelDifficulty' });

/** Puts the next rule of `ledger/rules.ts` in force from a height on (§2.4). */
export const Upgrade = new StructType({ rule: U32, height: Height }, { typeName: 'Upgrade' });

/** Bans a role or a miner, or ends its ban (§12.5). */
export const Ban = new StructType({ kind: U8, role: U32, isBanned: Bool }, { typeName: 'Ban' });

/** What a proposal would do; the selector is its place in this list. */
export const ProposalAction = byValue(
  new UnionType([ParameterChange, TreasurySpend, ModelDifficulty, Upgrade, Ban], { typeName: 'ProposalAction' }),
);
export type ProposalAction =
  | { readonly selector: 0; readonly value: ParameterChange }
  | { readonly selector: 1; readonly value: ValueOf<typeof TreasurySpend> }
  | { readonly selector: 2; readonly value: ValueOf<typeof ModelDifficulty> }
  | { readonly selector: 3; readonly value: ValueOf<typeof Upgrade> }
  | { readonly selector: 4; readonly value: ValueOf<typeof Ban> };
export const proposalActions = {
  parameterChange: 0,
  treasurySpend: 1,
  modelDifficulty: 2,
  upgrade: 3,
  ban: 4,
} as const;

/** Puts an action to the vote; its sender leaves a deposit (§12.1). */
export const Propose = new StructType({ action: ProposalAction }, { typeName: 'Propose' });

/** `veto` is a no that also counts towards burning the deposit (§12.3). */
export const voteChoices = { yes: 0, no: 1, abstain: 2, veto: 3 } as const;

/** Votes on a proposal, or changes the vote (§12.1). */
export const CastVote = new StructType({ proposal: U32, choice: U8 }, { typeName: 'CastVote' });

export const proposalStatuses = {
  voting: 0,
  /** Passed; waits for its delay to end. */
  passed: 1,
  executed: 2,
  /** Passed, but what it asks for had become impossible. */
  failed: 3,
  rejected: 4,
  noQuorum: 5,
  vetoed: 6,
} as const;
export const ProposalRow = new StructType(
  {
    proposer: Address,
    action: ProposalAction,
    status: U8,
    /** Given back when voting ends, unless the proposal is vetoed. */
    depositUnits: Units,
    /** The epochs at whose ends the votes are counted, and the action is carried out. */
    endEpoch: U32,
    executeEpoch: U32,
  },
  { typeName: 'ProposalRow' },
);
export type ProposalRow = ValueOf<typeof ProposalRow>;

/** What a proposal would do; the selector says of which kind the value is. */
export function actionOf({ action }: Pick<ProposalRow, 'action'>): ProposalAction {
  return action as ProposalAction;
}

/** A vote on a proposal that is still voted on. */
export const VoteRow = new StructType({ proposal: U32, voter: Address, choice: U8 }, { typeName: 'VoteRow' });
export type VoteRow = ValueOf<typeof VoteRow>;
