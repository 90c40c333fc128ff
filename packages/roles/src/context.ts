import type { Verifier } from '@assay/ledger';
import {
  type ChainIdentity,
  type MessageType,
  messageTypes,
  SignedAnnouncement,
  signingDomain,
  signingRoot,
  TaskAnnouncement,
} from '@assay/protocol';
import type { Type } from '@chainsafe/ssz';
import type { Chain } from './ports/chain.ts';
import type { RoleCrypto } from './ports/crypto.ts';
import { type Network, type PeerId, peerIdOf } from './ports/network.ts';
import type { Runtime } from './ports/runtime.ts';
import type { RoleStore } from './ports/store.ts';
import { heard } from './ports/wire.ts';

/** Signs with one account's warm key. */
export interface AccountSigner {
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  sign(root: Uint8Array): Uint8Array;
}

/** All a role's service is given: no role reaches for a clock, a socket or a disk by itself. */
export interface RoleContext {
  readonly chain: Chain;
  readonly network: Network;
  readonly signer: AccountSigner;
  readonly verifier: Verifier;
  readonly crypto: RoleCrypto;
  readonly store: RoleStore;
  readonly runtime: Runtime;
}

/** A role that runs until it is stopped; it may be started again. */
export interface RoleService {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Signing roots of one chain (§1.2). */
export class SigningRoots {
  readonly #chain: ChainIdentity;

  constructor(chain: ChainIdentity) {
    this.#chain = chain;
  }

  of<T>(message: MessageType, type: Type<T>, value: T): Uint8Array {
    return signingRoot(type.hashTreeRoot(value), signingDomain(this.#chain, message));
  }
}

/** An announcement by the mixer that it names; null when somebody else sent it. Throws `NoMessage`. */
export function announcementFrom(chain: Chain, message: Uint8Array, from: PeerId): SignedAnnouncement | null {
  const signed = heard(message, SignedAnnouncement);
  const mixer = chain.head().mixers.get(signed.announcement.mixer);
  return mixer !== undefined && peerIdOf(mixer) === from ? signed : null;
}

/** Whether an announcement is signed by the mixer it names (§5.1). */
export function isAnnouncedByMixer(
  { chain, verifier }: Pick<RoleContext, 'chain' | 'verifier'>,
  roots: SigningRoots,
  { announcement, signature }: SignedAnnouncement,
): boolean {
  const mixer = chain.head().mixers.get(announcement.mixer);
  if (mixer === undefined) return false;
  return verifier.ed25519(mixer.publicKey, roots.of(messageTypes.taskState, TaskAnnouncement, announcement), signature);
}

export const protocols = {
  task: '/assay/task/2',
  serve: '/assay/serve/2',
  batch: '/assay/batch/1',
  vote: '/assay/transition-vote/1',
  order: '/assay/transition-order/1',
  artifact: '/assay/artifact/1',
  ping: '/assay/ping/1',
  data: '/assay/data/1',
} as const;

export const topics = { tasks: 'assay/tasks/1', presence: 'assay/presence/1' } as const;
