import { committeeOf, isQuorum } from '@assay/ledger';
import {
  type CommitteeSeat,
  messageTypes,
  type Ref,
  type SignedAnnouncement,
  type TransitionOrder,
  TransitionRequest,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import {
  announcementFrom,
  isAnnouncedByMixer,
  type RoleContext,
  type RoleService,
  SigningRoots,
  topics,
} from '../context.ts';
import type { Endpoint } from '../ports/network.ts';
import type { Cancel } from '../ports/runtime.ts';
import { isAgreement } from '../transition-vote.ts';
import { FollowedTasks } from './followed-tasks.ts';
import { askVote, requestOf, sendOrder } from './messages.ts';
import { type OracleEffect, type OracleEvent, type OracleState, stepOracle } from './state.ts';

/** Watches the states of tasks and asks to take late ones from their miners (D3, §5.3). */
export class Oracle implements RoleService {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #tasks = new FollowedTasks();
  readonly #state: OracleState;
  #endpoint: Endpoint | null = null;
  #cancelTick: Cancel = () => {};

  constructor(context: RoleContext, options: { oracle: Ref<'oracles'> }) {
    this.#context = context;
    this.#roots = new SigningRoots(context.chain.identity);
    this.#state = {
      oracle: options.oracle,
      slotMs: context.chain.head().params.deadlines.oracleSlotMs,
      tasks: this.#tasks.all,
    };
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#context.network.join(this.#context.signer);
    this.#endpoint.subscribe(topics.tasks, (message, from) => {
      const signed = announcementFrom(this.#context.chain, message, from);
      if (signed !== null) this.#dispatch({ type: 'announced', signed });
    });
    this.#dispatch({ type: 'started' });
  }

  async stop(): Promise<void> {
    this.#cancelTick();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  #tick(): void {
    const rows = [...this.#context.chain.head().oracles].map((row, oracle) => ({ ...row, oracle }));
    const active = rows.filter(({ status }) => status === 'active');
    const there = active.filter(({ seenUntil }) => seenUntil > 0);
    const oracles = (there.length > 0 ? there : active).map(({ oracle }) => oracle);
    this.#dispatch({ type: 'tick', nowMs: this.#context.runtime.nowMs(), oracles });
  }

  #dispatch(event: OracleEvent): void {
    for (const effect of stepOracle(this.#state, event)) this.#perform(effect);
  }

  #perform(effect: OracleEffect): void {
    switch (effect.type) {
      case 'wait':
        this.#cancelTick = this.#context.runtime.timer(effect.ms, () => this.#tick());
        return;
      case 'requestTransition':
        void this.#request(effect.signed);
        return;
      default:
        this.#tasks.change(effect);
    }
  }

  async #request(announced: SignedAnnouncement): Promise<void> {
    const endpoint = this.#endpoint;
    const { announcement } = announced;
    if (endpoint === null || !isAnnouncedByMixer(this.#context, this.#roots, announced)) return;
    const { chain, signer, runtime } = this.#context;
    const request = requestOf(announcement, { oracle: this.#state.oracle, timeMs: runtime.nowMs() });
    const root = this.#roots.of(messageTypes.transitionRequest, TransitionRequest, request);
    const signed = { request, signature: signer.sign(root) };
    const refused = () => this.#dispatch({ type: 'refused', announcement });
    const votes = await this.#quorum(endpoint, signed);
    const home = chain.head().mixers.get(announcement.mixer);
    if (home === undefined || votes === null) return refused();
    runtime.log(`task ${toHex(announcement.taskId).slice(0, 8)} is late: taken from miner ${announcement.miner}`);
    await sendOrder(endpoint, home, { request: signed, votes }).catch(refused);
  }

  /** The first votes that are enough, whoever else is silent (§5.3); null when there are too few in time. */
  async #quorum(endpoint: Endpoint, signed: TransitionOrder['request']): Promise<TransitionOrder['votes'] | null> {
    const state = this.#context.chain.head();
    const { mixers } = state;
    const seats = committeeOf(state, state.globals.epoch);
    const { request } = signed;
    const view = { verifier: this.#context.verifier, roots: this.#roots };
    const agreed: TransitionOrder['votes'] = [];
    const isEnough = () => isQuorum(agreed.length, seats.length);
    const askOne = async ({ mixer }: CommitteeSeat) => {
      const vote = await askVote(endpoint, mixers.at(mixer), { signed, timers: this.#context.runtime });
      if (vote?.mixer === mixer && isAgreement(view, { request, seats, mixers }, vote)) agreed.push(vote);
    };
    await new Promise<void>((resolve) => {
      const asks = seats.map((seat) => askOne(seat).then(() => isEnough() && resolve()));
      void Promise.allSettled(asks).then(() => resolve());
    });
    return isEnough() ? [...agreed] : null;
  }
}
