import {
  Artifact,
  type Chunk,
  limits,
  type MinerToMixer,
  messageTypes,
  type Offence,
  opens,
  Precommit,
  PrecommitOpening,
  type Ref,
  StreamCheckpoint,
} from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import type { RoleContext, SigningRoots } from '../../context.ts';
import { requestFaultOf } from '../../request-faults.ts';
import type { Ground } from '../ground.ts';
import type { MixerEvent } from './state.ts';

/** Whose stream a message came by. */
export interface From {
  readonly miner: Ref<'miners'>;
  readonly rank: number;
  readonly attempt: number;
  readonly publicKey: Uint8Array;
  readonly evidenceLevel: number;
}

interface Read {
  readonly event: MixerEvent | null;
  readonly chunk: Chunk | null;
  readonly offence: Offence | null;
}

/** Reads what a miner says of one attempt at a task: what it signs must be signed, and its pieces hang together. */
export class MinerReader {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #taskId: Uint8Array;
  readonly #from: From;
  #chain: Uint8Array;
  #tokens = 0;
  /** What it signed first; there is one in a stream. */
  #precommit: Extract<MinerToMixer, { kind: 'precommit' }>['value'] | null = null;

  constructor({ context, roots }: Pick<Ground, 'context' | 'roots'>, taskId: Uint8Array, from: From) {
    this.#context = context;
    this.#roots = roots;
    this.#taskId = taskId;
    this.#from = from;
    this.#chain = taskId;
  }

  /** The event that a message is; null where the miner broke the protocol, with what convicts it of that. */
  read(message: MinerToMixer): Read {
    const from = this.#from;
    const nowMs = this.#context.runtime.nowMs();
    const only = (event: MixerEvent | null): Read => ({ event, chunk: null, offence: null });
    switch (message.kind) {
      case 'prepared':
        return only({ type: 'prepared', accepted: message.value.accepted, nowMs });
      case 'chunk': {
        const chunk = message.value;
        if (!this.#chainHolds(chunk)) return only(null);
        const piece = { ids: chunk.tokens.map((token) => token.id), text: chunk.text };
        return { event: { type: 'piece', piece, nowMs }, chunk, offence: null };
      }
      case 'precommit': {
        const { precommit, signature } = message.value;
        if (this.#precommit !== null) return only(null);
        const expected = { taskId: this.#taskId, miner: from.miner, hash: precommit.hash };
        const root = this.#roots.of(messageTypes.precommit, Precommit, expected);
        const signed = this.#context.verifier.ed25519(from.publicKey, root, signature);
        if (!signed) return only(null);
        this.#precommit = { precommit: expected, signature };
        return only({ type: 'precommit', hash: precommit.hash, signature, nowMs });
      }
      case 'reveal': {
        const { artifact, opening, signature } = message.value;
        const artifactRoot = Artifact.hashTreeRoot(artifact);
        if (this.#precommit === null || !this.#isSigned(opening, signature)) return only(null);
        if (!opens(opening)) {
          const value = { opening, precommitSignature: this.#precommit.signature, signature };
          return { ...only(null), offence: { kind: 'brokenPrecommit', value } };
        }
        const { salt } = opening;
        return only({ type: 'reveal', artifact, artifactRoot, salt, evidenceLevel: from.evidenceLevel, nowMs });
      }
      case 'failure': {
        const code = requestFaultOf(message.value.code);
        if (code === null) return only({ type: 'lost', nowMs });
        return only({ type: 'refused', code, detail: message.value.detail, nowMs });
      }
    }
  }

  /** §5.1.3 Whether it is of the precommit of this stream, and of this time, so that it could be evidence. */
  #isSigned(opening: PrecommitOpening, signature: Uint8Array): boolean {
    const { precommit } = this.#precommit ?? {};
    if (precommit === undefined || !Precommit.equals(opening.precommit, precommit)) return false;
    if (Math.abs(this.#context.chain.head().globals.epoch - opening.epoch) > 1) return false;
    const root = this.#roots.of(messageTypes.opening, PrecommitOpening, opening);
    return this.#context.verifier.ed25519(this.#from.publicKey, root, signature);
  }

  /** §5.5: every piece extends the hash chain, and every 32 tokens the miner has signed it. */
  #chainHolds(chunk: Chunk): boolean {
    const before = this.#tokens;
    this.#chain = sha256(this.#chain, ...chunk.tokens.map((token) => littleEndian(token.id, 4)));
    this.#tokens += chunk.tokens.length;
    const due = Math.floor(this.#tokens / limits.windowTokens) > Math.floor(before / limits.windowTokens);
    if (!due) return true;
    const point = { taskId: this.#taskId, tokens: this.#tokens, chain: this.#chain };
    const root = this.#roots.of(messageTypes.streamCheckpoint, StreamCheckpoint, point);
    const [signature] = chunk.checkpoint;
    return signature !== undefined && this.#context.verifier.ed25519(this.#from.publicKey, root, signature);
  }
}
