import type { LedgerView } from '@assay/ledger';
import { topics } from '@assay/roles/context';
import { type PeerId, peerIdOf } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { headTopic } from '../consensus/follow/wire.ts';
import type { KeyRing } from '../keys/keyring.ts';
import { AddressBook } from '../network/libp2p/address-book.ts';
import { Libp2pNetwork } from '../network/libp2p/network.ts';
import { type NodeConfig, nodeKey } from './config.ts';
import { publishers } from './publishers.ts';

export interface NetworkParts {
  readonly config: NodeConfig;
  readonly keys: KeyRing;
  readonly runtime: Runtime;
  /** The chain as it is here; null before it was opened. */
  readonly head: () => LedgerView | null;
}

/** The network of a node: it finds others by its configuration and the chain, and keeps to the committee. */
export function joinNetwork({ config, keys, runtime, head }: NetworkParts): Libp2pNetwork {
  const own = peerIdOf(keys.named.account(nodeKey));
  const places = new Map<PeerId, Pick<NodeConfig, 'listen' | 'announce'>>([[own, config]]);
  for (const role of config.roles) places.set(peerIdOf(keys.named.account(role.key)), role);
  const rowOf = (peer: PeerId) => {
    const state = head();
    return state === null ? undefined : [...state.mixers, ...state.gateways].find((row) => peerIdOf(row) === peer);
  };
  const book = new AddressBook((peer) => rowOf(peer)?.netAddresses ?? []);
  for (const { peer, addresses } of config.peers) book.give(peer, addresses);
  const followed = config.peers.map(({ peer }) => peer);
  const network = new Libp2pNetwork({
    runtime,
    book,
    topics: [...Object.values(topics), headTopic],
    listenOf: (peer) => places.get(peer)?.listen ?? [],
    announceOf: (peer) => places.get(peer)?.announce ?? [],
    mayPublish: publishers({ followed: new Set(followed), head }),
  });
  const mixers = () =>
    Array.from(head()?.mixers ?? []).flatMap((row) => (row.status === 'deregistered' ? [] : peerIdOf(row)));
  // Blocks come to the key of the node, tasks to those of its roles.
  network.keepConnected((peer) => (peer === own ? followed : mixers()));
  return network;
}
