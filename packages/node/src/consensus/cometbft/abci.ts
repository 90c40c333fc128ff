import { byteStrings, bytes, int, type MessageOf, message, messages, type PartsOf, text } from './wire.ts';

/** What CometBFT 0.40 asks, and what an application answers (ABCI 2.0). Fields that nobody reads here are left out. */

export const timestampShape = { seconds: int(1), nanos: int(2) };
export const publicKeyShape = { ed25519: bytes(1) };
const validatorUpdateShape = { publicKey: message(1, publicKeyShape), power: int(2) };
const snapshotShape = { height: int(1), format: int(2), chunks: int(3), hash: bytes(4), metadata: bytes(5) };
const misbehaviorShape = {
  type: int(1),
  validator: message(2, { address: bytes(1), power: int(3) }),
  height: int(3),
};

const decidedShape = {
  transactions: byteStrings(1),
  misbehavior: messages(3, misbehaviorShape),
  hash: bytes(4),
  height: int(5),
  time: message(6, timestampShape),
};
const initChainShape = {
  time: message(1, timestampShape),
  chainId: text(2),
  appState: bytes(5),
  initialHeight: int(6),
};
const prepareShape = { maxBytes: int(1), height: int(5), time: message(6, timestampShape) };
const queryShape = { data: bytes(1), path: text(2), height: int(3), isProofAsked: int(4) };
const chunkAskedShape = { height: int(1), format: int(2), chunk: int(3) };
const chunkGivenShape = { index: int(1), chunk: bytes(2), sender: text(3) };
const offerShape = { snapshot: message(1, snapshotShape), appHash: bytes(2) };

/** One of these is there. */
export const requestShape = {
  echo: message(1, { message: text(1) }),
  flush: message(2, {}),
  info: message(3, { version: text(1) }),
  initChain: message(5, initChainShape),
  query: message(6, queryShape),
  checkTx: message(8, { transaction: bytes(1) }),
  commit: message(11, {}),
  listSnapshots: message(12, {}),
  offerSnapshot: message(13, offerShape),
  loadSnapshotChunk: message(14, chunkAskedShape),
  applySnapshotChunk: message(15, chunkGivenShape),
  prepareProposal: message(16, prepareShape),
  processProposal: message(17, decidedShape),
  finalizeBlock: message(20, decidedShape),
  insertTx: message(21, { bundle: bytes(1) }),
  reapTxs: message(22, {}),
};

const blockParamsShape = { maxBytes: int(1), maxGas: int(2) };
const infoShape = { data: text(1), version: text(2), appVersion: int(3), lastHeight: int(4), lastAppHash: bytes(5) };
const answeredQueryShape = { code: int(1), log: text(3), key: bytes(6), value: bytes(7), height: int(9) };

/** One of these is given. */
export const responseShape = {
  exception: message(1, { error: text(1) }),
  echo: message(2, { message: text(1) }),
  flush: message(3, {}),
  info: message(4, infoShape),
  initChain: message(6, {
    params: message(1, { block: message(1, blockParamsShape) }),
    validators: messages(2, validatorUpdateShape),
    appHash: bytes(3),
  }),
  query: message(7, answeredQueryShape),
  checkTx: message(9, { code: int(1), log: text(3) }),
  commit: message(12, { retainHeight: int(3) }),
  listSnapshots: message(13, { snapshots: messages(1, snapshotShape) }),
  offerSnapshot: message(14, { result: int(1) }),
  loadSnapshotChunk: message(15, { chunk: bytes(1) }),
  /** Of the numbers to fetch again one, packed; of the senders one. */
  applySnapshotChunk: message(16, { result: int(1), refetchChunks: bytes(2), rejectSender: text(3) }),
  prepareProposal: message(17, { transactions: byteStrings(1) }),
  processProposal: message(18, { status: int(1) }),
  finalizeBlock: message(21, {
    results: messages(2, { code: int(1) }),
    validatorUpdates: messages(3, validatorUpdateShape),
    appHash: bytes(5),
  }),
  insertTx: message(22, { code: int(1) }),
  reapTxs: message(23, { bundles: byteStrings(1) }),
};

export const proposalStatus = { accept: 1, reject: 2 } as const;
export const offerResult = { accept: 1, abort: 2, reject: 3, rejectFormat: 4, rejectSender: 5 } as const;
export const chunkResult = { accept: 1, abort: 2, retry: 3, retrySnapshot: 4, rejectSnapshot: 5 } as const;

export type AbciRequest = MessageOf<typeof requestShape>;
export type AbciResponse = PartsOf<typeof responseShape>;
export type DecidedBlock = MessageOf<typeof decidedShape>;
export type SnapshotOffer = MessageOf<typeof offerShape>;
export type SnapshotChunk = MessageOf<typeof chunkGivenShape>;
export type Snapshot = MessageOf<typeof snapshotShape>;
export type ValidatorUpdate = PartsOf<typeof validatorUpdateShape>;
