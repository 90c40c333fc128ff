import { connect } from 'node:net';
import {
  AssayError,
  type CometBlockId,
  type CometTime,
  canonicalProposalBytes,
  canonicalVoteBytes,
  cometAddress,
} from '@assay/protocol';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes, fromHex, toHex } from '@assay/ssz';
import { answerFrames } from './frames-socket.ts';
import type { Place } from './last-signed.ts';
import {
  type BlockId,
  type Proposal,
  type SignerRequest,
  type SignerResponse,
  signerShape,
  type Vote,
} from './privval.ts';
import type { ValidatorKeys } from './validator-keys.ts';
import { decode, encode, MalformedMessage } from './wire.ts';

const maxMessageBytes = 64 * 1024;
const redialMs = 50;

const voteKinds = { 1: 'prevote', 2: 'precommit' } as const;
const steps = { proposal: 1, prevote: 2, precommit: 3 } as const;

export interface SignerOptions {
  /** The chain's name in CometBFT; nothing is signed for another. */
  readonly chainId: string;
  readonly keys: Pick<ValidatorKeys, 'at' | 'lastSigned'>;
  /** The height after the last durable block. */
  readonly nextHeight: () => number;
  readonly runtime: Pick<Runtime, 'timer' | 'log'>;
  /** Told when what is signed cannot be made durable. */
  readonly onFatal: (error: AssayError) => void;
}

/** What is asked for a signature: its place, and its bytes for any time. */
interface Question extends Place {
  readonly what: string;
  readonly time: CometTime;
  readonly bytesAt: (time: CometTime) => Uint8Array;
  readonly validatorAddress: Uint8Array | null;
}

/**
 * Signs for a CometBFT that has no key of its own. Of one height, round and step it signs once; the same vote asked for
 * with another time gets the signature and the time of before, as a vote may be lost between signing and sending.
 */
export class RemoteSigner {
  readonly #options: SignerOptions;
  #last: Promise<unknown> = Promise.resolve();
  #end: (() => void) | null = null;

  constructor(options: SignerOptions) {
    this.#options = options;
  }

  /** Keeps a connection to the socket on which CometBFT waits for its signer, until `close`. */
  dial(path: string): void {
    const { runtime, onFatal } = this.#options;
    const socket = connect(path);
    answerFrames(socket, {
      maxBytes: maxMessageBytes,
      onFault: (fault) => {
        if (fault instanceof AssayError) onFatal(fault);
        else runtime.log(`the signer's connection was closed: ${String(fault)}`);
      },
      answer: async (message) => encode(signerShape, await this.answer(decode(signerShape, message))),
    });
    let cancel = () => {};
    socket.once('close', () => {
      cancel = runtime.timer(redialMs, () => this.dial(path));
    });
    this.#end = () => {
      socket.removeAllListeners('close').destroy();
      cancel();
    };
  }

  /** Ends the connection, once what is being signed is durable. */
  async close(): Promise<void> {
    this.#end?.();
    this.#end = null;
    await this.#last;
  }

  /** Answers one question; one at a time, in their order. */
  answer(request: SignerRequest): Promise<SignerResponse> {
    const response = this.#last.then(() => this.#answer(request));
    this.#last = response.catch(() => {});
    return response;
  }

  async #answer(request: SignerRequest): Promise<SignerResponse> {
    const { pingRequest, publicKeyRequest, voteRequest, proposalRequest } = request;
    if (pingRequest !== null) return { pingResponse: {} };
    if (publicKeyRequest !== null) return { publicKeyResponse: this.#publicKey(publicKeyRequest.chainId) };
    if (voteRequest?.vote) {
      const { vote, chainId } = voteRequest;
      const signed = await this.#sign(voteQuestion(vote, chainId), chainId);
      const isRefused = typeof signed === 'string';
      return { voteResponse: isRefused ? { vote, error: refusal(signed) } : { vote: { ...vote, ...signed } } };
    }
    if (proposalRequest?.proposal) {
      const { proposal, chainId } = proposalRequest;
      const signed = await this.#sign(proposalQuestion(proposal, chainId), chainId);
      const isRefused = typeof signed === 'string';
      const answer = isRefused ? { proposal, error: refusal(signed) } : { proposal: { ...proposal, ...signed } };
      return { proposalResponse: answer };
    }
    throw new MalformedMessage('a question that no signer is asked');
  }

  #publicKey(chainId: string): NonNullable<SignerResponse['publicKeyResponse']> {
    if (chainId !== this.#options.chainId) return { publicKey: {}, error: refusal(`this is not ${chainId}`) };
    const key = this.#options.keys.at(this.#options.nextHeight());
    if (key === null) return { publicKey: {}, error: refusal('this node has no consensus key') };
    return { publicKey: { ed25519: key.publicKey } };
  }

  /** A signature with the time it is of, durable; or why there is none. */
  async #sign(question: Question, chainId: string): Promise<{ signature: Uint8Array; time: CometTime } | string> {
    const { keys, runtime } = this.#options;
    const { height, round, step, what, time, bytesAt, validatorAddress } = question;
    const place = `${what} of height ${height}, round ${round}`;
    const key = keys.at(height);
    if (chainId !== this.#options.chainId) return `the ${place} is of ${chainId}, another chain`;
    if (key === null) return `this node has no key for the ${place}`;
    const isOurs = validatorAddress === null || equalBytes(validatorAddress, cometAddress(key.publicKey));
    if (!isOurs) return `the ${place} is that of another key`;
    const untimed = toHex(bytesAt({ seconds: 0, nanos: 0 }));
    const last = keys.lastSigned.signed;
    const order = last === null ? 1 : placeOrder(question, last);
    if (last !== null && order === 0 && last.untimed === untimed) {
      const { seconds, nanos } = last;
      return { signature: fromHex(last.signature) ?? new Uint8Array(), time: { seconds, nanos } };
    }
    if (order <= 0) {
      const why = 'CometBFT began again in the middle of it, or two of them run with one key';
      runtime.log(`REFUSED to sign a second ${place}: ${why}`);
      return `a second ${place} would cost the stake`;
    }
    const signature = key.sign(bytesAt(time));
    const { seconds, nanos } = time;
    await keys.lastSigned.sign({ height, round, step, seconds, nanos, untimed, signature: toHex(signature) });
    return { signature, time };
  }
}

function refusal(description: string): { readonly code: number; readonly description: string } {
  return { code: 1, description };
}

/** Whether a place comes after another (above 0), is the same (0), or comes before it. */
function placeOrder(a: Place, b: Place): number {
  return a.height - b.height || a.round - b.round || a.step - b.step;
}

function voteQuestion(vote: Vote, chainId: string): Question {
  const kind = vote.type === 1 || vote.type === 2 ? voteKinds[vote.type] : null;
  if (kind === null) throw new MalformedMessage(`a vote of type ${vote.type}`);
  if (vote.extension.length > 0) throw new MalformedMessage('a vote with an extension');
  const { height, round } = vote;
  const blockId = blockIdOf(vote.blockId);
  const bytesAt = (time: CometTime) => canonicalVoteBytes({ kind, height, round, blockId, ...time }, chainId);
  const { validatorAddress, time } = vote;
  return { height, round, step: steps[kind], what: kind, time: timeOf(time), bytesAt, validatorAddress };
}

function proposalQuestion(proposal: Proposal, chainId: string): Question {
  const { height, round, polRound } = proposal;
  const blockId = blockIdOf(proposal.blockId);
  const bytesAt = (time: CometTime) => canonicalProposalBytes({ height, round, polRound, blockId, ...time }, chainId);
  const time = timeOf(proposal.time);
  return { height, round, step: steps.proposal, what: 'proposal', time, bytesAt, validatorAddress: null };
}

function blockIdOf(id: BlockId | null): CometBlockId | null {
  const { hash = new Uint8Array(), parts } = id ?? {};
  const { total: partsTotal = 0, hash: partsHash = new Uint8Array() } = parts ?? {};
  const isNone = hash.length === 0 && partsTotal === 0 && partsHash.length === 0;
  return isNone ? null : { hash, partsTotal, partsHash };
}

function timeOf(time: CometTime | null): CometTime {
  return time ?? { seconds: 0, nanos: 0 };
}
