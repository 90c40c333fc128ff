import { Address, Height, Units } from '@assay/protocol';
import type { Chain, Inclusion } from '@assay/roles/ports/chain';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Runtime, Timers } from '@assay/roles/ports/runtime';
import type { RoleStore } from '@assay/roles/ports/store';
import { inTime, receive } from '@assay/roles/ports/wire';
import { enumOf, StructType, toHex, type ValueOf } from '@assay/ssz';

/** Asks a node of a network for trials for units (§20.3). */
const faucetProtocol = '/assay/faucet/1';

const FaucetRequest = new StructType({ to: Address }, { typeName: 'FaucetRequest' });
/** What came of it. */
const FaucetResult = enumOf('paid', 'enough', 'paidBefore', 'tooMany', 'empty', 'failed');
const FaucetAnswer = new StructType(
  { result: FaucetResult, amountUnits: Units, height: Height },
  { typeName: 'FaucetAnswer' },
);
export type FaucetAnswer = ValueOf<typeof FaucetAnswer>;

/** What each answer means, for a person who waits. */
export const faucetSentences: Readonly<Record<FaucetAnswer['result'], string>> = {
  paid: 'The faucet has paid.',
  enough: 'The faucet says that this address holds enough.',
  paidBefore: 'The faucet has paid this address before, and pays each once.',
  tooMany: 'The faucet has paid as much as it pays in an hour; ask again later.',
  empty: 'The faucet is empty.',
  failed: 'The faucet could not pay; see whether something came, and ask another one.',
};

/** What a faucet pays at most in an hour: to whom one peer names, and in all. */
export const faucetLimits = { perPeer: 4, inAll: 60 } as const;
const hourMs = 3_600_000;
/** Longest wait for a payment, which has to be in a block. */
const paymentMs = 30_000;

export interface FaucetOptions {
  readonly endpoint: Pick<Endpoint, 'handle'>;
  readonly chain: Pick<Chain, 'head'>;
  /** Its memory: an address is paid once, whatever happens between. */
  readonly store: RoleStore;
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'log'>;
  /** The account it pays from. */
  readonly account: Uint8Array;
  readonly amountUnits: bigint;
  /** Sends a transfer of that account. */
  readonly pay: (to: Uint8Array, amountUnits: bigint) => Promise<Pick<Inclusion, 'code' | 'height'>>;
}

/** Gives units to who joins a network for trials: to an address once, with bounds for peers and hours (§20.3). */
export class Faucet {
  readonly #options: FaucetOptions;
  /** Payments of the last hour; a new process begins without. */
  #recent: { readonly peer: PeerId; readonly timeMs: number }[] = [];

  constructor(options: FaucetOptions) {
    this.#options = options;
    options.endpoint.handle(faucetProtocol, (stream, from) => this.#serve(stream, from));
  }

  async #serve(stream: MessageStream, from: PeerId): Promise<void> {
    const request = await receive(stream, FaucetRequest);
    if (request === null) return;
    await stream.send(FaucetAnswer.serialize(await this.#answer(request.to, from)));
    stream.close();
  }

  async #answer(to: Uint8Array, from: PeerId): Promise<FaucetAnswer> {
    const { amountUnits } = this.#options;
    const refusal = this.#refusal(to, from);
    if (refusal !== null) return { result: refusal, amountUnits, height: 0 };
    return this.#pay(to);
  }

  /** Why this is not paid; where it is, there is room for one less from now on. */
  #refusal(to: Uint8Array, peer: PeerId): FaucetAnswer['result'] | null {
    const { chain, store, account, amountUnits, runtime } = this.#options;
    const head = chain.head();
    const timeMs = runtime.monotonicMs();
    if (head.balanceOf(to) >= amountUnits) return 'enough';
    if (store.get(keyOf(to)) !== undefined) return 'paidBefore';
    if (head.balanceOf(account) < amountUnits + head.params.transactionFeeUnits) return 'empty';
    this.#recent = this.#recent.filter((payment) => payment.timeMs > timeMs - hourMs);
    const ofPeer = this.#recent.filter((payment) => payment.peer === peer).length;
    if (ofPeer >= faucetLimits.perPeer || this.#recent.length >= faucetLimits.inAll) return 'tooMany';
    this.#recent.push({ peer, timeMs });
    return null;
  }

  async #pay(to: Uint8Array): Promise<FaucetAnswer> {
    const { store, runtime, pay, amountUnits } = this.#options;
    store.put(keyOf(to), Uint8Array.of(1));
    // Remembered before it is paid: who ends the process between gets nothing, rather than twice.
    await store.flushed();
    try {
      const { code, height } = await pay(to, amountUnits);
      if (code === 'OK') return { result: 'paid', amountUnits, height };
      runtime.log(`faucet: a payment was refused: ${code}`);
      store.delete(keyOf(to));
    } catch (error) {
      runtime.log(`faucet: a payment failed: ${(error as Error).message}`);
    }
    return { result: 'failed', amountUnits, height: 0 };
  }
}

const keyOf = (to: Uint8Array) => `paid/${toHex(to)}`;

/** Asks a peer's faucet to pay an address. Null when that peer has none, or is silent. */
export async function askFaucet(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peer: PeerId,
  to: Uint8Array,
): Promise<FaucetAnswer | null> {
  try {
    const stream = await endpoint.open(peer, faucetProtocol);
    const answer = stream
      .send(FaucetRequest.serialize({ to }))
      .then(() => stream.close())
      .then(() => receive(stream, FaucetAnswer));
    return await inTime(runtime, stream, paymentMs, answer);
  } catch {
    return null;
  }
}
