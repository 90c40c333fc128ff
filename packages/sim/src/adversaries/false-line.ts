import { KeyStream } from '@assay/node/crypto/key-stream';
import { names } from '@assay/node/devnet/genesis';
import { DataRequest, limits, messageTypes, Ping, Pong, type Ref } from '@assay/protocol';
import { protocols, SigningRoots } from '@assay/roles/context';
import { receive } from '@assay/roles/ports/wire';
import type { World } from '../world.ts';

/** Takes the place of a miner and answers the probes of its line: with another's signature, or with one byte wrong. */
export async function falseLine(
  world: World,
  miner: Ref<'miners'>,
  { signsOther, sendsOther }: { readonly signsOther: boolean; readonly sendsOther: boolean },
): Promise<void> {
  await world.built.roles.set(names.miner(miner), false);
  const endpoint = await world.network.join(world.keys.account(names.miner(miner)));
  const roots = new SigningRoots(world.chain.identity);
  const signer = world.keys.account(names.miner(signsOther ? 1 - miner : miner));
  endpoint.handle(protocols.ping, async (stream) => {
    for (let ping = await receive(stream, Ping); ping !== null; ping = await receive(stream, Ping)) {
      const signature = signer.sign(roots.of(messageTypes.ping, Ping, ping));
      await stream.send(Pong.serialize({ signature }));
    }
  });
  endpoint.handle(protocols.data, async (stream) => {
    const request = await receive(stream, DataRequest);
    const bytes = new KeyStream(request?.seed ?? new Uint8Array(32), limits.dataPieceBytes);
    for (let sent = 0; sent < limits.dataBytes; sent += limits.dataPieceBytes) {
      const piece = Uint8Array.from(bytes.next());
      const isLast = sent + limits.dataPieceBytes === limits.dataBytes;
      if (sendsOther && isLast) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
      await stream.send(piece);
    }
    stream.close();
  });
}
