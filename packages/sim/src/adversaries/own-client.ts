import { TransactionSender } from '@assay/node/consensus/sender';
import { Ed25519Signer } from '@assay/node/crypto/signers';
import { plainSession } from '@assay/node/devnet/provision';
import type { Member } from '@assay/node/host/build-roles';
import { AssayError, type Ref } from '@assay/protocol';
import type { RoleService } from '@assay/roles/context';
import { type ApiKey, Gateway, hashOfApiKey } from '@assay/roles/gateway/index';
import type { Answer, InferenceRequest } from '@assay/roles/ports/chat';

/** What the operator of a miner of the default network can spare, and what of it becomes a session, base units. */
export const fundsUnits = 5_000_000_000n;
const depositUnits = 4_000_000_000n;
const apiKey = 'its own';

/** A payer with an account, a session and a gateway of its own, which the operator of a role gives money to. */
export class OwnClient {
  readonly #member: Member;
  readonly #keys = new Map<string, ApiKey>();
  readonly #signer: Ed25519Signer;
  #gateway: Promise<Gateway> | null = null;

  constructor(member: Member) {
    this.#member = member;
    this.#signer = new Ed25519Signer(member.equipment.context.runtime.random('own client').bytes(32));
  }

  /** Asks miners that the first call names. Rejects as a gateway does. */
  async ask(request: InferenceRequest, miners: readonly Ref<'miners'>[], signal: AbortSignal): Promise<Answer> {
    this.#gateway ??= this.#open(miners);
    // Who could not open it tries again with the next task.
    this.#gateway.catch(() => {
      this.#gateway = null;
    });
    return (await this.#gateway).ask(apiKey, request, signal);
  }

  async stop(): Promise<void> {
    await (await this.#gateway?.catch(() => null))?.stop();
    this.#gateway = null;
  }

  async #open(dedicatedMiners: readonly Ref<'miners'>[]): Promise<Gateway> {
    const { context, sender } = this.#member.equipment;
    const sessionKey = this.#signer.publicKey;
    const { height } = context.chain.head().globals;
    const plain = plainSession({ sessionKey, homeMixer: 0, depositUnits, height });
    const terms = { ...plain, dedicatedMiners: [...dedicatedMiners] };
    // §6.1 An operator's own payments never go to its own miner.
    await sender.send('transfer', { to: this.#signer.address, amountUnits: fundsUnits });
    const own = new TransactionSender({ ...context, signer: this.#signer });
    const { code, events } = await own.send('openSession', terms);
    const [opened] = events.flatMap((event) => (event.type === 'sessionOpened' ? [event.session] : []));
    if (opened === undefined) throw new AssayError('BACKEND_FAILED', `No session of its own: ${code}.`);
    this.#keys.set(hashOfApiKey(apiKey), { session: opened, sessionSigner: this.#signer });
    const gateway = new Gateway({ ...context, signer: this.#signer }, { gateway: 0, keys: this.#keys });
    await gateway.start();
    return gateway;
  }
}

/** A role that ends its client when it ends. */
export function withClient(service: RoleService, client: OwnClient): RoleService {
  return {
    start: () => service.start(),
    stop: async () => {
      await client.stop();
      await service.stop();
    },
  };
}
