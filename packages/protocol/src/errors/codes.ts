/** HTTP status and OpenAI error type a result code maps to at the edges. */
export interface CodeInfo {
  readonly sentence: string;
  readonly status: number;
  readonly type: 'invalid_request_error' | 'authentication_error' | 'insufficient_quota' | 'server_error';
  /** Asking again is in vain until an operator has done something. */
  readonly isFinal?: true;
}

const invalid = (sentence: string): CodeInfo => ({ sentence, status: 400, type: 'invalid_request_error' });
const funds = (sentence: string): CodeInfo => ({ sentence, status: 402, type: 'insufficient_quota' });
const denied = (sentence: string): CodeInfo => ({ sentence, status: 401, type: 'authentication_error' });

/** Every result of a transaction, in order of precedence: the first that applies wins (§13). */
export const resultCodes = {
  OK: { sentence: 'Applied.', status: 200, type: 'invalid_request_error' },
  TOO_LARGE: invalid('The transaction is larger than the protocol allows.'),
  MALFORMED: invalid('The bytes are not a transaction.'),
  BAD_SIGNATURE: denied('The signature does not belong to the sender or to this chain.'),
  EXPIRED: invalid('The transaction was not included by its last valid height.'),
  BAD_NONCE: invalid('The nonce is not the next one of the sender.'),
  FEE_TOO_LOW: invalid('The fee is below the minimum of this network.'),
  CANNOT_PAY_FEE: funds('The sender cannot pay the fee.'),
  ZERO_AMOUNT: invalid('The amount must be above zero.'),
  INSUFFICIENT_BALANCE: funds('The sender holds less than the amount.'),
  UNKNOWN_DOMAIN: invalid('No such domain.'),
  UNKNOWN_MODEL: invalid('No such model in this domain.'),
  UNKNOWN_MIXER: invalid('No such mixer.'),
  UNKNOWN_SESSION: invalid('No such session.'),
  UNKNOWN_TASK: invalid('No such task.'),
  UNKNOWN_ROLE: invalid('No such miner, mixer, oracle, validator or gateway.'),
  ALREADY_REGISTERED: invalid('The sender already operates a miner.'),
  BAD_SPLIT: invalid('The parts of a split must add up to 10,000 basis points.'),
  BAD_CAPACITY: invalid('Concurrency, context and models served must be above zero, and the evidence level 0, 1 or 2.'),
  COLLATERAL_TOO_LOW: funds('The collateral is below the minimum of the domain.'),
  NOT_OWNER: denied('Only the owner may do this.'),
  STAKE_TOO_LOW: funds('The stake is smaller than the amount, or would fall below its minimum.'),
  ROLE_GONE: invalid('The role is deregistered or was ejected.'),
  ROLE_HELD: invalid(
    'A case about the ejection of this miner is open: appeal it with appealCase, or wait until it is decided.',
  ),
  BAD_STATUS: invalid('A role can be paused, resumed or deregistered, and not be given the status it has.'),
  LAST_OF_KIND: invalid('The last active mixer or validator cannot leave.'),
  KEY_TAKEN: invalid('Another role of this kind has this key, or had it a moment ago.'),
  BAD_POSSESSION: invalid('The proof that the secret of the committee key or consensus key is known does not hold.'),
  BAD_NET_ADDRESS: invalid('A network address has 1 to 128 characters of printable ASCII without spaces.'),
  BAD_NAME: invalid('A name has 1 to 64 characters of printable ASCII without spaces.'),
  NAME_TAKEN: invalid('The name is taken.'),
  FILE_TAKEN: invalid('A model with this file is registered already: its creator has the royalties.'),
  BAD_MODEL: invalid('The context must be above zero, and difficulty and T1 limit within the bounds of this network.'),
  BAD_PROFILE: invalid(
    'A noise profile needs 300 requests or more of two engines that differ, a limit of T1 within the bounds of this ' +
      'network and below half of what four bits give, and a margin below two nats that leaves a twentieth of them out.',
  ),
  SPLITS_TOO_HIGH: invalid('The splits of a domain and the royalty of a model exceed 10,000 basis points.'),
  BURN_OUT_OF_BOUNDS: invalid('The burned part of a price is outside the bounds of this network.'),
  BAD_WEIGHTS: invalid('The weights of a competition must add up to 10,000 basis points.'),
  BAD_ADMISSION: invalid('The level for users is 0 to 10.'),
  NOT_ADMITTED: denied('The domain takes only miners whose operator its owner has admitted.'),
  TOO_MANY_ADMITTED: invalid('Too many admitted operators have not registered yet; take an admission back first.'),
  NOT_CREATOR: denied('Only the creator of a model may do this.'),
  ENGINE_TOO_SOON: invalid('Tasks of the engine before the last one may still be open; change it later.'),
  PRICE_TOO_SOON: invalid('Receipts at the price before the last one can still arrive; change it later.'),
  NOT_ON_PANEL: denied('The sender was not drawn to vote on this model, or the vote is over.'),
  ALREADY_VOTED: invalid('The validator has already voted on this model.'),
  MODEL_NOT_ACCEPTED: invalid('The model is not accepted by its validators.'),
  TOO_FEW_SHARES: invalid('The sender holds fewer shares of the model.'),
  NOT_OFFERED: invalid('The account offers fewer shares of the model than that, or none.'),
  PRICE_TOO_HIGH: invalid('A share costs more than the most that the buyer would pay.'),
  NOT_PAYER: denied('Only the payer of a session may do this.'),
  SESSION_CLOSED: invalid('The session is closed or closing.'),
  SESSION_EXPIRED: invalid('The expiry of a session must lie in the future.'),
  BAD_REDUNDANCY: invalid('The redundancy of a session is 1, 3 or 5.'),
  BAD_DEDICATION: invalid(
    'A dedicated session names miners of its model, each once and rising, no fewer than its redundancy.',
  ),
  WRONG_EPOCH: invalid('The batch, or the proof of presence, belongs to another epoch.'),
  ALREADY_PRESENT: invalid('The role has shown in this epoch that it is there.'),
  NOT_IN_COMMITTEE: denied('The mixer is not in the committee of this epoch.'),
  WRONG_SEQUENCE: invalid('The batch is not the next one of its mixer.'),
  BAD_SIGNERS: invalid('The signer bits do not fit the committee.'),
  NOT_ENOUGH_SIGNERS: invalid('A certificate needs more than two thirds of the committee.'),
  BAD_RECEIPTS_ROOT: invalid('The receipts are not the certified ones.'),
  BAD_RECORDS_ROOT: invalid('The records of the batch are not the certified ones.'),
  BAD_REVEAL: invalid('The beacon reveal is not the signature of this mixer and turn.'),
  BAD_CERTIFICATE: invalid('The aggregate signature does not verify.'),
  RECEIPT_UNKNOWN_ROLE: invalid('A receipt names a session, model, miner or gateway that does not exist or had left.'),
  RECEIPT_OUT_OF_TIME: invalid('A receipt names a draw in the future, too long ago, or after its session ended.'),
  RECEIPT_BAD_TASK: invalid('The task id of a receipt does not follow from its ticket and replica.'),
  RECEIPT_BAD_REPLICA: invalid('A receipt names a replica beyond the redundancy of its session.'),
  RECEIPT_BAD_SIMILARITY: invalid(
    'The similarity of a receipt is above one, or there is nothing it could be similar to.',
  ),
  RECEIPT_WRONG_MINER: invalid('The session of a receipt is dedicated to other miners.'),
  RECEIPT_WRONG_KIND: invalid("The network's own tasks belong to background sessions, and only they."),
  RECEIPT_TRAINING: invalid('A receipt is of a training task, and its domain takes inference only.'),
  RECEIPT_BAD_PRICE: invalid('The price of a receipt does not follow from its tokens and its model.'),
  RECEIPT_DUPLICATE: invalid('A task was already certified.'),
  RECEIPT_SAME_MINER: invalid('The miner of a receipt has served another replica of the task.'),
  RECEIPT_OVERDRAWN: funds('The session holds less than the price of its receipts.'),
  RECEIPT_BACKGROUND_FULL: invalid("The network's own tasks have used up what an epoch takes of them."),
  TRANSITION_UNKNOWN_ROLE: invalid('A transition names a session, miner or oracle that does not exist.'),
  TRANSITION_OUT_OF_TIME: invalid('A transition names a draw in the future, too long ago, or after its session ended.'),
  TRANSITION_BAD_STEP: invalid('No miner can be late with this step, or in this attempt.'),
  TRANSITION_DUPLICATE: invalid('This attempt was already taken from its miner.'),
  REPORT_NOT_MEASURER: invalid('The mixer was not drawn to measure this of the miner in this epoch.'),
  REPORT_DUPLICATE: invalid('The mixer has already reported on this miner in this epoch.'),
  REPORT_BAD_REVEAL: invalid('The reveal of a report is not the signature of its mixer over the epoch.'),
  REPORT_BAD_COUNTS: invalid('A report asks more challenges than were owed, or has more answers than it asked.'),
  REPORT_BAD_DISPUTE: invalid('A disputed challenge has a known task id, or a model or size the miner does not serve.'),
  NOT_AUDITOR: denied('The sender was not drawn to audit this task, or its turn is over.'),
  ALREADY_COMMITTED: invalid('The auditor has already committed to its numbers.'),
  NOT_COMMITTED: invalid('The auditor must commit to its numbers before it reveals them.'),
  REVEAL_TOO_EARLY: invalid(
    'Another auditor of the task has not committed yet; reveal once it has or its time is over.',
  ),
  COMMITMENT_MISMATCH: invalid('The numbers are not the committed ones.'),
  BAD_NUMBERS: invalid('The numbers lie outside their bounds.'),
  NOT_PLANTED: denied("The salt and path open no seal in the artifact of a task of the sender's miner."),
  PLANT_TOO_SOON: invalid('A miner has one answer that was passed looked at again in an epoch.'),
  PLANT_NOT_DUE: invalid(
    'No verdict waits for the opening of this answer, and it was not passed so that others can look again.',
  ),
  TASK_NOT_APPROVED: invalid('Only an approved task can be rated.'),
  NOT_ASSIGNED: invalid('Its session is dedicated: the network did not choose the miner, so it cannot be rated.'),
  ALREADY_RATED: invalid('The task is already rated.'),
  BAD_RATING: invalid('A rating is 1 to 5.'),
  UNKNOWN_PROPOSAL: invalid('No such proposal.'),
  UNKNOWN_PARAMETER: invalid('There is no parameter at this path.'),
  FIXED_PARAMETER: invalid('This parameter stays as the genesis has it.'),
  BAD_PARAMETER_VALUE: invalid('The value is not JSON of the type of this parameter.'),
  PARAMETER_OUT_OF_BOUNDS: invalid('The value is outside the bounds of this parameter, or contradicts the others.'),
  BAD_UPGRADE: invalid('An upgrade is to the next rule, one at a time, from a height that comes after its decision.'),
  VOTING_OVER: invalid('The voting on this proposal is over.'),
  UNKNOWN_CASE: invalid('No such case.'),
  NOT_FOUNDATION: denied('Only a member of the foundation may do this.'),
  CASE_NOT_OPEN: invalid('The case is not open to this: it was decided, or waits for something else.'),
  ALREADY_DECIDED: invalid('The sender has already given its opinion on this case.'),
  NO_REVIEW: invalid('Cases are opened by hand only while the foundation reviews every fine.'),
  NOTHING_TO_HOLD: invalid('There is no such stake, or the caps of fines leave nothing of it to hold.'),
  EVIDENCE_OUT_OF_TIME: invalid('The header or vote is of an epoch to come, or too old to prove anything.'),
  EVIDENCE_KNOWN: invalid('There is already a case about this offence.'),
  BAD_EVIDENCE: invalid('The evidence does not prove an offence of this mixer or validator.'),
} as const satisfies Record<string, CodeInfo>;

export type ResultCode = keyof typeof resultCodes;

const unavailable = (sentence: string): CodeInfo => ({ sentence, status: 503, type: 'server_error' });
const final = (status: 500 | 503, sentence: string): CodeInfo => ({ ...unavailable(sentence), status, isFinal: true });

/** What a node answers at its edges when no transaction is involved. */
export const edgeCodes = {
  INVALID_REQUEST: invalid('The request is not what this route takes.'),
  UNSUPPORTED_PARAMETER: invalid('The request asks for something that is not supported.'),
  CONTEXT_TOO_LONG: invalid('The prompt and the requested output do not fit the context of the model.'),
  REQUEST_TOO_LARGE: { ...invalid('The request body is too large.'), status: 413 },
  NOT_FOUND: { ...invalid('Not found.'), status: 404 },
  MODEL_NOT_FOUND: { ...invalid('There is no model of this name to be used here.'), status: 404 },
  INVALID_API_KEY: denied('The API key is missing, unknown or revoked.'),
  FORBIDDEN: { ...denied('This route needs the admin token of the node.'), status: 403 },
  FOREIGN_ORIGIN: {
    ...denied('Pages of other origins are not answered; the node can be told to with --cors ORIGIN.'),
    status: 403,
  },
  WRONG_HOST: {
    ...invalid('This node does not answer under that name; use its address, or start it with --allow-host NAME.'),
    status: 421,
  },
  REQUEST_TOO_SLOW: { ...invalid('The request did not arrive whole in time; send it again.'), status: 408 },
  SESSION_EXHAUSTED: funds(
    'The session cannot pay the highest price this request may reach; top it up or ask for fewer tokens.',
  ),
  TOO_MANY_REQUESTS: { ...unavailable('Too many requests are waiting; try again shortly.'), status: 429 },
  NO_COMMITTEE: unavailable(
    'Fewer than two thirds of the mixers answer, so no work can be certified; try again later.',
  ),
  NO_MINER: unavailable('No miner that serves this model is free; try again shortly.'),
  NO_MIXER: unavailable('The home mixer of the session does not answer; try again later.'),
  TASK_EXPIRED: {
    ...unavailable('No miner finished the task within its deadlines; nothing was charged.'),
    status: 504,
  },
  ANSWER_INTERRUPTED: unavailable(
    'The miner was lost in the middle of the answer and another gave a different one; nothing was charged.',
  ),
  BACKEND_FAILED: { ...unavailable('The inference backend failed.'), status: 502 },
  MODEL_FILE_UNUSABLE: final(500, 'The model file cannot be used.'),
  MODEL_UNAVAILABLE: final(503, 'The model could not be had from any of its sources.'),
  NODE_STOPPED: unavailable('The node is stopping; ask again when it is back.'),
  CATCHING_UP: unavailable('The node is still reading the chain, so its roles do not run yet; ask again shortly.'),
  NO_GATEWAY: { ...invalid('This node runs no gateway; ask one that does.'), status: 404 },
  DATA_IN_USE: final(503, 'The data directory is in use by another process; stop it, or choose another directory.'),
  OTHER_CHAIN: final(
    503,
    'The data directory holds another chain; start with its genesis file, or choose another directory.',
  ),
  DISK_FULL: final(
    503,
    'The disk is full, so the node stopped; nothing it confirmed is lost. Free some space and start it again.',
  ),
  DISK_FAILED: final(
    503,
    'The disk refused to read or write, so the node stopped; nothing it confirmed is lost. Check the disk.',
  ),
  DATA_INCOMPLETE: final(
    500,
    'A part of the data directory is missing; restore it from a copy, or begin again, with new keys, by --fresh.',
  ),
  BAD_INVITATION: invalid('This is no invitation to a network.'),
  NO_PEER: unavailable('None of the peers answers as a node of this network; `assay doctor` looks for the reason.'),
  CONFIG_UNUSABLE: final(500, 'The configuration of the node cannot be used.'),
  NOT_REGISTERED: final(
    500,
    'The chain has no role with this key; `assay join` registers one, or leave the role out of the configuration.',
  ),
  DATA_NOT_OWN: final(
    500,
    'A part of the data directory is not its own: move it away or change its owner, or choose another with --data.',
  ),
  DATA_DAMAGED: final(500, 'The stored chain is damaged; restore the data directory from a copy.'),
  LEDGER_HALTED: final(500, 'A block broke a rule of the ledger, so the chain was stopped before it.'),
  NO_PROPOSER: final(
    503,
    'The key file holds the key of none of the validators, so no block can be made; start with the one that does.',
  ),
  COMETBFT_UNAVAILABLE: final(503, 'CometBFT, which this node is to run, cannot be started.'),
  UNKNOWN_RULE: final(503, 'This version does not know the rules of the next block; install a newer one.'),
  NO_EARLIER_BLOCKS: final(
    500,
    'The chain here began with a snapshot, so the blocks before it are not there; ask a node that has all of them.',
  ),
  SNAPSHOT_UNAVAILABLE: final(
    503,
    'No peer gave the state that the chain is to begin with; check that they can be reached, or get a new invitation.',
  ),
  KEYS_LOCKED: {
    ...denied('The key file cannot be opened: the passphrase is wrong, or the file was changed.'),
    isFinal: true,
  },
  KEYS_DAMAGED: final(500, 'The key file is not one of ours or was cut short; restore it from a copy.'),
  CANNOT_LISTEN: final(500, 'The node cannot listen on its address.'),
  INTERNAL: { ...unavailable('The node failed; its log says why.'), status: 500 },
} as const satisfies Record<string, CodeInfo>;

export type EdgeCode = keyof typeof edgeCodes;
