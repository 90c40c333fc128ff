import { genesisHash } from '@assay/ledger';
import { AssayError, Genesis } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';
import { equalBytes } from '@assay/ssz';
import { serveWithin } from '../consensus/follow/slots.ts';
import { askParcel, sendParcel } from '../consensus/follow/wire.ts';

/** Asks a node for the genesis of its chain (§20.2). */
export const genesisProtocol = '/assay/genesis/1';

const served = { perPeer: 1, inAll: 8 } as const;
/** Largest genesis that is fetched, serialised. */
const maxGenesisBytes = 16 * 1024 * 1024;

/** Gives the genesis to whoever asks, in pieces. */
export function serveGenesis(endpoint: Pick<Endpoint, 'handle'>, genesis: Genesis, runtime: Timers): void {
  const bytes = Genesis.serialize(genesis);
  const answer = async (stream: MessageStream) => {
    await sendParcel(runtime, stream, bytes);
    stream.close();
  };
  serveWithin(served, endpoint, { protocol: genesisProtocol, answer });
}

/**
 * The genesis with a hash, from the first of these peers that gives it. Throws AssayError NO_PEER, which says what came
 * of each.
 */
export async function fetchGenesis(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peers: readonly PeerId[],
  hash: Uint8Array,
): Promise<Genesis> {
  const reasons: string[] = [];
  for (const peer of peers) {
    try {
      return await fromPeer({ endpoint, runtime }, peer, hash);
    } catch (error) {
      reasons.push(`${peer.slice(0, 8)}…: ${(error as Error).message}`);
    }
  }
  throw new AssayError('NO_PEER', reasons.join('; '));
}

async function fromPeer(
  { endpoint, runtime }: { readonly endpoint: Pick<Endpoint, 'open'>; readonly runtime: Timers },
  peer: PeerId,
  hash: Uint8Array,
): Promise<Genesis> {
  // Whoever is asked answers to a first message.
  const asked = { protocol: genesisProtocol, question: new Uint8Array(1), maxBytes: maxGenesisBytes };
  const bytes = await askParcel({ endpoint, runtime }, peer, asked);
  if (bytes === null) throw new Error('it closed without an answer');
  const genesis = Genesis.deserialize(bytes);
  if (equalBytes(genesisHash(genesis), hash)) return genesis;
  throw new Error('it gave the genesis of another network');
}
