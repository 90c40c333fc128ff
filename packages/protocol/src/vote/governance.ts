import { Bool, enumOf, oneOf, StructType, textOf, U32, type ValueOf } from '@assay/ssz';
import { Address, Height, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import { NoiseProfile } from '../model/profiles.ts';
import { ref } from '../refs.ts';
import { StakeKind } from '../role/roles.ts';

/** Sets one parameter: where it stands in `Params`, and its new value as JSON text (§12.2). */
export const ParameterChange = new StructType(
  { path: textOf(limits.maxPathBytes), value: textOf(limits.maxParameterBytes) },
  { typeName: 'ParameterChange' },
);
export type ParameterChange = ValueOf<typeof ParameterChange>;

/** Pays base units out of the treasury. */
export const TreasurySpend = new StructType({ to: Address, amountUnits: Units }, { typeName: 'TreasurySpend' });

/** Sets what the work on a model counts, parts per million. */
export const ModelDifficulty = new StructType(
  { model: ref('models'), difficultyPpm: U32 },
  { typeName: 'ModelDifficulty' },
);

/** Puts the next rule of `ledger/rules.ts` in force from a height on (§2.4). */
export const Upgrade = new StructType({ rule: U32, height: Height }, { typeName: 'Upgrade' });

/** Bans a role or a miner, or ends its ban (§12.5). */
export const Ban = new StructType({ kind: StakeKind, role: U32, isBanned: Bool }, { typeName: 'Ban' });

/** What a proposal would do. */
export const ProposalAction = oneOf(
  {
    parameterChange: ParameterChange,
    treasurySpend: TreasurySpend,
    modelDifficulty: ModelDifficulty,
    upgrade: Upgrade,
    ban: Ban,
    noiseProfile: NoiseProfile,
  },
  { typeName: 'ProposalAction' },
);
export type ProposalAction = ValueOf<typeof ProposalAction>;

/** Puts an action to the vote; its sender leaves a deposit (§12.1). */
export const Propose = new StructType({ action: ProposalAction }, { typeName: 'Propose' });

/** `veto` is a no that also counts towards burning the deposit (§12.3). */
export const VoteChoice = enumOf('yes', 'no', 'abstain', 'veto');
export type VoteChoice = ValueOf<typeof VoteChoice>;

/** Votes on a proposal, or changes the vote (§12.1). */
export const CastVote = new StructType({ proposal: ref('proposals'), choice: VoteChoice }, { typeName: 'CastVote' });

export const ProposalStatus = enumOf(
  'voting',
  /** Passed; waits for its delay to end. */
  'passed',
  'executed',
  /** Passed, but what it asks for had become impossible. */
  'failed',
  'rejected',
  'noQuorum',
  'vetoed',
);
export type ProposalStatus = ValueOf<typeof ProposalStatus>;
export const ProposalRow = new StructType(
  {
    proposer: Address,
    action: ProposalAction,
    status: ProposalStatus,
    /** Given back when voting ends, unless the proposal is vetoed. */
    depositUnits: Units,
    /** The epochs at whose ends the votes are counted, and the action is carried out. */
    endEpoch: U32,
    executeEpoch: U32,
  },
  { typeName: 'ProposalRow' },
);
export type ProposalRow = ValueOf<typeof ProposalRow>;

/** A vote on a proposal that is still voted on. */
export const VoteRow = new StructType(
  { proposal: ref('proposals'), voter: Address, choice: VoteChoice },
  { typeName: 'VoteRow' },
);
export type VoteRow = ValueOf<typeof VoteRow>;
