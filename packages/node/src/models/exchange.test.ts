import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits, ModelManifest, ModelOffer } from '@assay/protocol';
import { type Endpoint, peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendParcel } from '../consensus/follow/wire.ts';
import { writeTinyModel } from '../inference/gguf/tiny.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { ModelServer, modelProtocols } from './exchange.ts';
import { ModelFetcher } from './fetch-model.ts';
import { sha256OfFile } from './file-hash.ts';
import { describeFile } from './manifest.ts';
import { Shelf } from './shelf.ts';

const runtime = realRuntime(() => {});
const vocabulary = { contextTokens: 512, render: async () => [1, 2, 3] };
const idOf = (name: string) => peerIdOf(peerSigner(name));

/** A file of several pieces, and its offer. */
async function published(): Promise<{ path: string; offer: ModelOffer; shelf: Shelf }> {
  const dir = await newDirectory();
  const path = join(dir, 'own.gguf');
  await writeTinyModel(path);
  const rest = new Uint8Array(3 * limits.modelPieceBytes + 5);
  for (let at = 0; at < rest.length; at += 1000) rest[at] = at % 251;
  appendFileSync(path, rest);
  const offer = await describeFile(path, vocabulary, { licence: 'MIT', sources: ['https://example.org/own.gguf'] });
  const shelf = new Shelf(join(dir, 'models'));
  await shelf.publish(path, offer);
  return { path, offer, shelf };
}

const wantedOf = ({ manifest }: ModelOffer, change = {}) => ({
  fileHash: manifest.fileHash,
  manifestRoot: ModelManifest.hashTreeRoot(manifest),
  maxBytes: 1e9,
  ...change,
});

/** Peers that serve as they like, and a node that fetches. */
async function fetcherAmong(servers: Record<string, (endpoint: Endpoint) => void>) {
  const net = new MemoryNetwork(runtime);
  for (const [name, serve] of Object.entries(servers)) serve(await net.join(peerSigner(name)));
  const endpoint = await net.join(peerSigner('newcomer'));
  const shelf = new Shelf(join(await newDirectory(), 'models'));
  const own = new ModelServer({ endpoint, shelf, runtime, peers: Object.keys(servers).map(idOf) });
  onTestFinished(() => own.close());
  const holdersOf = (hash: string) => own.holdersOf(hash);
  return { shelf, fetcher: new ModelFetcher({ endpoint, shelf, runtime, holdersOf, findMs: 300 }) };
}
const honest =
  (shelf: Shelf, peers: readonly string[] = []) =>
  (endpoint: Endpoint) => {
    const server = new ModelServer({ endpoint, shelf, runtime, peers });
    onTestFinished(() => server.close());
  };

describe('model files travel by content §19.8', () => {
  it('comes piece by piece from those that hold it, whoever else lies, and is held by who got it', async () => {
    const { path, offer, shelf } = await published();
    const net = await fetcherAmong({
      silent: () => {},
      garbler: (endpoint) => {
        honest(shelf)({
          ...endpoint,
          handle: (protocol, handler) => {
            if (protocol === modelProtocols.offers) endpoint.handle(protocol, handler);
          },
          subscribe: () => {},
          publish: () => {},
        } as Endpoint);
        endpoint.handle(modelProtocols.pieces, async (stream) => {
          await stream.messages.next();
          await sendParcel(runtime, stream, new Uint8Array(limits.modelPieceBytes).fill(7));
          stream.close();
        });
      },
      first: honest(shelf),
      second: honest(shelf),
    });
    const fetched = await net.fetcher.fetch(wantedOf(offer));
    expect(readFileSync(fetched).equals(readFileSync(path))).toBe(true);
    const kept = await net.shelf.offerOf(offer.manifest.fileHash);
    expect(kept && ModelOffer.serialize(kept)).toEqual(ModelOffer.serialize(offer));
  });

  it('goes on with the pieces that are there, and fetches again those that are damaged', async () => {
    const { path, offer, shelf } = await published();
    let sent = 0;
    const net = await fetcherAmong({
      counting: (endpoint) =>
        honest(shelf)({
          ...endpoint,
          publish: () => {},
          subscribe: () => {},
          handle: (protocol, handler) =>
            endpoint.handle(protocol, (stream, from) => {
              if (protocol === modelProtocols.pieces) sent += 1;
              return handler(stream, from);
            }),
        } as Endpoint),
    });
    const target = net.shelf.pathOf(offer.manifest.fileHash);
    await net.shelf.putOffer(offer);
    const half = readFileSync(path).subarray(0, 2 * limits.modelPieceBytes);
    half[limits.modelPieceBytes] = (half[limits.modelPieceBytes] ?? 0) ^ 1;
    writeFileSync(`${target}.part`, half);
    expect(await net.fetcher.fetch(wantedOf(offer))).toBe(target);
    expect(sent).toBe(offer.pieces.length - 1);
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(path));
  });

  it.each([
    ['is larger than it fetches', { maxBytes: 1000 }, /more than the 1000 that are fetched/],
    ['has another manifest than the registered', { manifestRoot: new Uint8Array(32) }, /nodes gives it/],
    ['is held by nobody', { fileHash: new Uint8Array(32) }, /nodes gives it/],
  ])('is refused when it %s', async (_, change, reason) => {
    const { offer, shelf } = await published();
    const { fetcher } = await fetcherAmong({ first: honest(shelf) });
    await expect(fetcher.fetch(wantedOf(offer, change))).rejects.toThrow(reason);
  });

  it('comes through a node that the holder told of it, where nobody reaches the holder', async () => {
    const { offer, shelf } = await published();
    const net = new MemoryNetwork(runtime);
    const [hub, creator, newcomer] = await Promise.all(
      ['hub', 'creator', 'newcomer'].map((name) => net.join(peerSigner(name))),
    );
    if (hub === undefined || creator === undefined || newcomer === undefined) throw new Error('three have joined');
    honest(new Shelf(join(await newDirectory(), 'models')))(hub);
    honest(shelf, [hub.id])(creator);
    const own = new Shelf(join(await newDirectory(), 'models'));
    const fetcher = new ModelFetcher({ endpoint: newcomer, shelf: own, runtime, holdersOf: () => [hub.id] });
    const fetched = await fetcher.fetch(wantedOf(offer));
    expect(await sha256OfFile(fetched)).toBe(Buffer.from(offer.manifest.fileHash).toString('hex'));
  });

  it('is refused when the pieces of the manifest are not the file', async () => {
    const { path, offer, shelf } = await published();
    const other = join(await newDirectory(), 'other.gguf');
    writeFileSync(other, Buffer.concat([readFileSync(path), Buffer.of(1)]));
    const lie = await describeFile(other, vocabulary, { licence: null, sources: [] });
    const false_ = { ...lie, manifest: { ...lie.manifest, fileHash: offer.manifest.fileHash } };
    await shelf.publish(other, false_);
    const { fetcher, shelf: own } = await fetcherAmong({ first: honest(shelf) });
    await expect(fetcher.fetch(wantedOf(false_))).rejects.toThrow(/are not the registered file/);
    expect(await own.offerOf(offer.manifest.fileHash)).toBeNull();
  });
});
