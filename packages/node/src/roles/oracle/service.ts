import { committeeOf, isQuorum } from '@assay/ledger';
import {
  addressText,
  type CommitteeSeat,
  messageTypes,
  SignedAnnouncement,
  SignedTransition,
  TransitionOrder,
  TransitionRequest,
  TransitionVote,
  toHex,
  type ValueOf,
} from '@assay/protocol';
import type { Endpoint } from '../../network/port.ts';
import { ask } from '../../network/wire.ts';
import type { Cancel } from '../../runtime/port.ts';
import {
  isAnnouncedByMixer,
  networkAddress,
  protocols,
  type RoleContext,
  type RoleService,
  SigningRoots,
  topics,
} from '../context.ts';
import { isAgreement } from '../transition-vote.ts';
import { type OracleEffect, type OracleEvent, type OracleState, stepOracle } from './state.ts';

type Vote = ValueOf<typeof TransitionVote>;

/** Ticks per lead slot. */
const ticksPerSlot = 4;

/** Watches the states of tasks and asks to take late ones from their miners (D3, §5.3). */
export class Oracle implements RoleService {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #state: OracleState;
  #endpoint: Endpoint | null = null;
  #cancelTick: Cancel = () => {};

  constructor(context: RoleContext, options: { oracle: number }) {
    this.#context = context;
    this.#roots = new SigningRoots(context.chain);
    const { state } = context.engine.ledger;
    this.#state = {
      oracle: options.oracle,
      slotMs: state.params.deadlines.oracleSlotMs,
      tasks: new Map(),
    };
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#context.network.join(addressText(this.#context.signer.address));
    this.#endpoint.subscribe(topics.tasks, (message, from) => this.#hear(message, from));
    this.#scheduleTick();
  }

  async stop(): Promise<void> {
    this.#cancelTick();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  #scheduleTick(): void {
    const tickMs = Math.max(10, Math.floor(this.#state.slotMs / ticksPerSlot));
    this.#cancelTick = this.#context.runtime.timer(tickMs, () => {
      this.#scheduleTick();
      this.#tick();
    });
  }

  #tick(): void {
    const rows = [...this.#context.engine.ledger.state.oracles].map((row, oracle) => ({ ...row, oracle }));
    const active = rows.filter(({ status }) => status === 'active');
    const there = active.filter(({ seenUntil }) => seenUntil > 0);
    const oracles = (there.length > 0 ? there : active).map(({ oracle }) => oracle);
    this.#dispatch({ type: 'tick', nowMs: this.#context.runtime.nowMs(), oracles });
  }

  #dispatch(event: OracleEvent): void {
    for (const effect of stepOracle(this.#state, event)) void this.#request(effect);
  }

  #hear(message: Uint8Array, from: string): void {
    const signed = SignedAnnouncement.deserialize(message);
    const mixer = this.#context.engine.ledger.state.mixers.get(signed.announcement.mixer);
    if (mixer === undefined || networkAddress(mixer) !== from) return;
    this.#dispatch({ type: 'announced', signed });
  }

  async #request({ signed: announced }: OracleEffect): Promise<void> {
    const endpoint = this.#endpoint;
    const { announcement } = announced;
    if (endpoint === null || !isAnnouncedByMixer(this.#context, this.#roots, announced)) return;
    const request: TransitionRequest = {
      taskId: announcement.taskId,
      mixer: announcement.mixer,
      oracle: this.#state.oracle,
      attempt: announcement.attempt,
      state: announcement.state,
      miner: announcement.miner,
      rank: announcement.rank,
      timeMs: this.#context.runtime.nowMs(),
    };
    const root = this.#roots.of(messageTypes.transitionRequest, TransitionRequest, request);
    const signed = { request, signature: this.#context.signer.sign(root) };
    const refused = () => this.#dispatch({ type: 'refused', announcement });
    const votes = await this.#quorum(endpoint, signed);
    const home = this.#context.engine.ledger.state.mixers.get(announcement.mixer);
    if (home === undefined || votes === null) return refused();
    this.#context.runtime.log(
      `task ${toHex(announcement.taskId).slice(0, 8)} is late: taken from miner ${announcement.miner}`,
    );
    try {
      const stream = await endpoint.open(networkAddress(home), protocols.order);
      await stream.send(TransitionOrder.serialize({ request: signed, votes }));
      stream.close();
    } catch {
      refused();
    }
  }

  /** The first votes that are enough, whoever else is silent (§5.3); null when there are too few in time. */
  async #quorum(endpoint: Endpoint, signed: ValueOf<typeof SignedTransition>): Promise<Vote[] | null> {
    const { state } = this.#context.engine.ledger;
    const { mixers } = state;
    const seats = committeeOf(state, state.globals.epoch);
    const { request } = signed;
    const view = { verifier: this.#context.verifier, roots: this.#roots };
    const agreed: Vote[] = [];
    const isEnough = () => isQuorum(agreed.length, seats.length);
    const askOne = async ({ mixer }: CommitteeSeat) => {
      const stream = await endpoint.open(networkAddress(mixers.at(mixer)), protocols.vote);
      const vote = await ask(this.#context.runtime, stream, [SignedTransition, signed], TransitionVote);
      if (vote?.mixer === mixer && isAgreement(view, { request, seats, mixers }, vote)) agreed.push(vote);
    };
    await new Promise<void>((resolve) => {
      const asks = seats.map((seat) => askOne(seat).then(() => isEnough() && resolve()));
      void Promise.allSettled(asks).then(() => resolve());
    });
    return isEnough() ? [...agreed] : null;
  }
}
