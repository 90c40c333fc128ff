import type { BodyKind } from '@assay/protocol';

/** What a transaction of each kind does. */
export const sentences: Readonly<Record<BodyKind, string>> = {
  transfer: 'Pay units to another account.',
  registerMiner: 'Run a miner on a domain: pays the fee, deposits collateral.',
  openSession: 'Fund a session that a key may spend on inference.',
  topUpSession: 'Add units to a session.',
  closeSession: 'End a session; what is left comes back.',
  certifiedBatch: 'Bring receipts with the certificate of the committee; a duty of mixers.',
  auditCommit: 'Commit to the numbers of an audit; a duty of its auditors.',
  auditReveal: 'Open the numbers of an audit; a duty of its auditors.',
  bond: 'Add units to the stake of a role or the collateral of a miner.',
  unbond: 'Take units out of a stake; they stay locked for some epochs.',
  delegate: 'Stake units on a miner.',
  undelegate: 'Take back what was staked on a miner.',
  propose: 'Put a change of a parameter, or another action, to the vote.',
  vote: 'Vote on a proposal, or change the vote.',
  registerModel: 'Register a model; its validators vote on it.',
  acceptModel: 'Vote on a model as one of its validators.',
  updateModelPrice: 'Change the prices of a model.',
  transferModelShares: 'Give shares of a model to another account.',
  backModel: 'Back a model with units, for a part of its revenue.',
  withdrawBacking: 'Take back what a model was backed with.',
  assignWork: 'Say for which validator the work of a miner counts.',
  feedback: 'Rate a task that was paid, 1 to 5.',
  decideCase: 'Say as a member of the foundation whether a fine is to be taken.',
  appealCase: 'Ask the foundation to decide on a fine; leaves a bond.',
};
