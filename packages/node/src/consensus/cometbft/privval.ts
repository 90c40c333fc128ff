import { publicKeyShape, timestampShape } from './abci.ts';
import { bytes, int, type MessageOf, message, type PartsOf, text } from './wire.ts';

/** What CometBFT asks of a signer that keeps its key to itself. */

const blockIdShape = { hash: bytes(1), parts: message(2, { total: int(1), hash: bytes(2) }) };
const voteShape = {
  type: int(1),
  height: int(2),
  round: int(3),
  blockId: message(4, blockIdShape),
  time: message(5, timestampShape),
  validatorAddress: bytes(6),
  validatorIndex: int(7),
  signature: bytes(8),
  extension: bytes(9),
};
const proposalShape = {
  type: int(1),
  height: int(2),
  round: int(3),
  polRound: int(4),
  blockId: message(5, blockIdShape),
  time: message(6, timestampShape),
  signature: bytes(7),
};
const errorShape = { code: int(1), description: text(2) };

/** One of these is there. */
export const signerShape = {
  publicKeyRequest: message(1, { chainId: text(1) }),
  publicKeyResponse: message(2, { publicKey: message(1, publicKeyShape), error: message(2, errorShape) }),
  voteRequest: message(3, { vote: message(1, voteShape), chainId: text(2) }),
  voteResponse: message(4, { vote: message(1, voteShape), error: message(2, errorShape) }),
  proposalRequest: message(5, { proposal: message(1, proposalShape), chainId: text(2) }),
  proposalResponse: message(6, { proposal: message(1, proposalShape), error: message(2, errorShape) }),
  pingRequest: message(7, {}),
  pingResponse: message(8, {}),
};

export type SignerRequest = MessageOf<typeof signerShape>;
export type SignerResponse = PartsOf<typeof signerShape>;
export type Vote = MessageOf<typeof voteShape>;
export type Proposal = MessageOf<typeof proposalShape>;
export type BlockId = MessageOf<typeof blockIdShape>;
