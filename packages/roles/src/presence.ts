import { type PresentKind, wasSeen } from '@assay/ledger';
import type { BodyValues } from '@assay/protocol';
import { equalBytes, firstUint64, sha256 } from '@assay/ssz';
import type { RoleContext, RoleService } from './context.ts';
import type { Inclusion } from './ports/chain.ts';

export interface PresenceOptions {
  readonly kind: PresentKind;
  /** Index of the role in its table. */
  readonly role: number;
  readonly submit: (presence: BodyValues['presence']) => Promise<Inclusion>;
}

/** Blocks of an epoch that pass at most before a role speaks up: the other half is for what gets lost. */
const waitPart = 2;

/** A role that shows once an epoch that it is there, unless its duties have shown it already (§14.9). */
export class PresentRole implements RoleService {
  readonly #service: RoleService;
  readonly #context: Pick<RoleContext, 'chain' | 'signer' | 'runtime'>;
  readonly #options: PresenceOptions;
  #unsubscribe: () => void = () => {};
  #isSending = false;

  constructor(
    service: RoleService,
    context: Pick<RoleContext, 'chain' | 'signer' | 'runtime'>,
    options: PresenceOptions,
  ) {
    this.#service = service;
    this.#context = context;
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#service.start();
    this.#unsubscribe = this.#context.chain.onBlock(() => void this.#speakUp());
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#service.stop();
  }

  async #speakUp(): Promise<void> {
    if (this.#isSending || !this.#isDue()) return;
    const { chain, runtime } = this.#context;
    const { kind, role, submit } = this.#options;
    this.#isSending = true;
    try {
      const { epochBeacon } = chain.head().globals;
      const { code } = await submit({ kind, epochBeacon });
      // A duty, or the end of the epoch, may have come first.
      if (!['OK', 'ALREADY_PRESENT', 'WRONG_EPOCH'].includes(code)) runtime.log(`${kind} ${role} is not seen: ${code}`);
    } catch (error) {
      runtime.log(`${kind} ${role} is not seen: ${(error as Error).message}`);
    } finally {
      this.#isSending = false;
    }
  }

  /** Each role in a turn of its own, which the epoch's beacon draws, so that not all come in one block. */
  #isDue(): boolean {
    const state = this.#context.chain.head();
    const { publicKey } = this.#context.signer;
    const row = state[`${this.#options.kind}s`].get(this.#options.role);
    const { epoch, epochBeacon, height } = state.globals;
    if (row === undefined || row.status !== 'active' || wasSeen(row, epoch)) return false;
    if (!equalBytes(row.publicKey, publicKey)) return false; // §3.6
    const { epochBlocks } = state.params;
    const turns = BigInt(Math.ceil(epochBlocks / waitPart));
    return (height + 1) % epochBlocks >= Number(firstUint64(sha256(epochBeacon, publicKey)) % turns);
  }
}
