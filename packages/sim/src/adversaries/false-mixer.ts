import { revealSigningRoot } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { type Attestation, BatchOffer, BatchReply, batchRoots, type Ref } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { contentsOf } from '@assay/roles/mixer/index';
import type { Endpoint } from '@assay/roles/ports/network';
import { ask } from '@assay/roles/ports/wire';
import type { World } from '../world.ts';

/** What a mixer said to an offered batch: `signed`, `nothing`, or why not, and which indexes of it are invalid. */
export interface Said {
  readonly reason: string;
  readonly indexes: readonly number[];
}

/** Has the keys and the peer id of a mixer, and asks the others to sign what no mixer would offer. */
export class FalseMixer {
  readonly endpoint: Endpoint;
  readonly #world: World;
  readonly #mixer: Ref<'mixers'>;

  private constructor(world: World, mixer: Ref<'mixers'>, endpoint: Endpoint) {
    this.#world = world;
    this.#mixer = mixer;
    this.endpoint = endpoint;
  }

  /** Stops the honest one that it stands in for. */
  static async of(world: World, mixer: number): Promise<FalseMixer> {
    await world.built.roles.set(names.mixer(mixer), false);
    return new FalseMixer(world, mixer, await world.network.join(world.keys.account(names.mixer(mixer))));
  }

  /** Offers a batch in its turn. */
  async offer(to: number, ...attestations: Attestation[]): Promise<Said> {
    const state = this.#world.chain.head();
    const turn = { epoch: state.globals.epoch, sequence: state.mixers.at(this.#mixer).nextSequence };
    const committeeSigner = this.#world.keys.committee(names.mixer(this.#mixer));
    const reveal = committeeSigner.sign(revealSigningRoot(state.chain, turn));
    const offer = {
      header: { ...turn, mixer: this.#mixer, ...batchRoots(contentsOf(attestations)), reveal },
      attestations,
    };
    const stream = this.endpoint.open(this.#world.mixerPeer(to), protocols.batch);
    const { runtime } = this.#world;
    const reply = await stream
      .then((open) => ask(runtime, open, BatchOffer.serialize(offer), BatchReply))
      .catch(() => null);
    if (reply === null) return { reason: 'nothing', indexes: [] };
    if (!('reason' in reply.value)) return { reason: 'signed', indexes: [] };
    return { reason: reply.value.reason, indexes: reply.value.invalid };
  }

  /** What all the others say to a batch, each answer once. */
  async offerAll(...attestations: Attestation[]): Promise<string[]> {
    const others = this.#world.chain.head().mixers.length;
    const said = Array.from({ length: others }, (_, to) =>
      to === this.#mixer ? [] : [this.offer(to, ...attestations)],
    );
    return [...new Set((await Promise.all(said.flat())).map(({ reason }) => reason))].toSorted();
  }
}
