import {
  Artifact,
  type Chunk,
  limits,
  type MinerToMixer,
  messageTypes,
  Precommit,
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

/** Reads what a miner says of one attempt at a task: what it signs must be signed, and its pieces hang together. */
export class MinerReader {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #taskId: Uint8Array;
  readonly #from: From;
  #chain: Uint8Array;
  #tokens = 0;

  constructor({ context, roots }: Pick<Ground, 'context' | 'roots'>, taskId: Uint8Array, from: From) {
    this.#context = context;
    this.#roots = roots;
    this.#taskId = taskId;
    this.#from = from;
    this.#chain = taskId;
  }

  /** The event that a message is; null where the miner broke the protocol. */
  read(message: MinerToMixer): { event: MixerEvent | null; chunk: Chunk | null } {
    const from = this.#from;
    const nowMs = this.#context.runtime.nowMs();
    const only = (event: MixerEvent | null) => ({ event, chunk: null });
    switch (message.kind) {
      case 'prepared':
        return only({ type: 'prepared', accepted: message.value.accepted, nowMs });
      case 'chunk': {
        const chunk = message.value;
        if (!this.#chainHolds(chunk)) return only(null);
        const piece = { ids: chunk.tokens.map((token) => token.id), text: chunk.text };
        return { event: { type: 'piece', piece, nowMs }, chunk };
      }
      case 'precommit': {
        const { precommit, signature } = message.value;
        const expected = { taskId: this.#taskId, miner: from.miner, hash: precommit.hash };
        const root = this.#roots.of(messageTypes.precommit, Precommit, expected);
        const signed = this.#context.verifier.ed25519(from.publicKey, root, signature);
        return only(signed ? { type: 'precommit', hash: precommit.hash, signature, nowMs } : null);
      }
      case 'reveal': {
        const { artifact, salt } = message.value;
        const artifactRoot = Artifact.hashTreeRoot(artifact);
        return only({ type: 'reveal', artifact, artifactRoot, salt, evidenceLevel: from.evidenceLevel, nowMs });
      }
      case 'failure': {
        const code = requestFaultOf(message.value.code);
        if (code === null) return only({ type: 'lost', nowMs });
        return only({ type: 'refused', code, detail: message.value.detail, nowMs });
      }
    }
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
