import type { LedgerView } from '@assay/ledger';
import { ArtifactBundle, ArtifactReply, ArtifactRequest, limits } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { RoleContext } from '../context.ts';
import { type MessageStream, type PeerId, peerIdOf } from '../ports/network.ts';
import { receive } from '../ports/wire.ts';
import { keeperOf } from './committee.ts';

const artifactKey = (taskId: Uint8Array) => `artifact/${toHex(taskId)}`;

/** The artifacts a mixer keeps of its tasks, with the requests they answer, for those who may read them (§14.7). */
export class Artifacts {
  readonly #context: RoleContext;

  constructor(context: RoleContext) {
    this.#context = context;
  }

  /**
   * Keeps one, durable once the store is, until no audit can ask for it: certified late, `epochs` later than a task is,
   * and every auditor too late.
   */
  put(taskId: Uint8Array, bundle: ArtifactBundle, epochs: number): void {
    const { chain, store } = this.#context;
    const { globals, params } = chain.head();
    const auditBlocks = limits.maxAuditorsPerTask * (params.audit.commitBlocks + params.audit.revealBlocks);
    const expiryHeight = globals.height + params.receiptLifetimeBlocks + epochs * params.epochBlocks + auditBlocks;
    store.put(artifactKey(taskId), ArtifactBundle.serialize(bundle), expiryHeight);
  }

  of(taskId: Uint8Array): ArtifactBundle | null {
    const bytes = this.#context.store.get(artifactKey(taskId));
    return bytes === undefined ? null : ArtifactBundle.deserialize(bytes);
  }

  /** Gives one to who may read it, and nothing to anybody else. */
  async serve(stream: MessageStream, from: PeerId): Promise<void> {
    const request = await receive(stream, ArtifactRequest);
    const isAllowed = request !== null && isReader(this.#context.chain.head(), request.taskId, from);
    const bundle = isAllowed ? this.of(request.taskId) : null;
    await stream.send(ArtifactReply.serialize(bundle === null ? [] : [bundle]));
    stream.close();
  }
}

/** §14.7 The auditors of a task read its artifact, and the keeper of its answer where the session shares it. */
function isReader(state: LedgerView, taskId: Uint8Array, from: PeerId): boolean {
  const { auditors } = state.audits.get(state.auditOf(taskId) ?? -1) ?? { auditors: [] };
  if (auditors.some(({ validator }) => peerIdOf(state.validators.at(validator)) === from)) return true;
  const task = state.tasks.get(state.taskOf(taskId) ?? -1);
  const keeper = state.mixers.get(keeperOf(state, taskId) ?? -1);
  if (task === undefined || keeper === undefined || peerIdOf(keeper) !== from) return false;
  return state.sessions.get(task.session)?.sharesPrompts === true;
}
