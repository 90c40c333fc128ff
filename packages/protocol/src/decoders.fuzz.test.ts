import { fromHex } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as protocol from './index.ts';

const { parseAddress } = protocol;

/** Everything a peer, a client or a disk may hand us as bytes. */
const decoders: Readonly<Record<string, Type<unknown>>> = {
  Transaction: protocol.Transaction,
  Block: protocol.Block,
  State: protocol.State,
  Genesis: protocol.Genesis,
  PortableReceipt: protocol.PortableReceipt,
  RowProof: protocol.RowProof,
  Artifact: protocol.Artifact,
  TaskSubmission: protocol.TaskSubmission,
  GatewayMessage: protocol.GatewayMessage,
  MixerToMiner: protocol.MixerToMiner,
  MinerToMixer: protocol.MinerToMixer,
  SignedAnnouncement: protocol.SignedAnnouncement,
  SignedTransition: protocol.SignedTransition,
  TransitionOrder: protocol.TransitionOrder,
  TransitionVote: protocol.TransitionVote,
  BatchOffer: protocol.BatchOffer,
  BatchReply: protocol.BatchReply,
  ArtifactReply: protocol.ArtifactReply,
  Attestation: protocol.Attestation,
  SignedPresence: protocol.SignedPresence,
};

/** The value, or null when the bytes are none. What is neither is a defect. */
function decode(type: Type<unknown>, bytes: Uint8Array): { value: unknown } | null {
  try {
    return { value: type.deserialize(bytes) };
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return null;
  }
}

/** Bytes of a real value, changed as a hostile peer would: cut, lengthened, with other offsets and lengths in them. */
const mutated = (type: Type<unknown>) => {
  const sound = type.serialize(type.defaultValue());
  return fc
    .record({
      keep: fc.nat({ max: sound.length + 8 }),
      tail: fc.uint8Array({ maxLength: 64 }),
      edits: fc.array(fc.tuple(fc.nat({ max: Math.max(0, sound.length - 1) }), fc.nat({ max: 255 })), { maxLength: 6 }),
    })
    .map(({ keep, tail, edits }) => {
      const bytes = new Uint8Array([...sound.slice(0, keep), ...tail]);
      for (const [index, value] of edits) if (index < bytes.length) bytes[index] = value;
      return bytes;
    });
};

describe.each(Object.entries(decoders))('the decoder of %s', (_, type) => {
  it('gives back what was encoded', () => {
    const value = type.defaultValue();
    expect(type.equals(type.deserialize(type.serialize(value)), value)).toBe(true);
  });

  it('refuses hostile bytes or reads a value that encodes to the same bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 512 }), mutated(type)), (bytes) => {
        const decoded = decode(type, bytes);
        if (decoded !== null) expect(type.serialize(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('is not led to reserve memory by a length it is told', () => {
    const before = process.memoryUsage().rss;
    for (const filler of [0xff, 0x7f, 0x04, 0x01]) decode(type, new Uint8Array(4096).fill(filler));
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });
});

describe('the readers of text', () => {
  it('take an address or hexadecimal, and give null for everything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const address = parseAddress(text);
        if (address !== null) expect(protocol.addressText(address)).toBe(text.toLowerCase());
        const bytes = fromHex(text);
        if (bytes !== null) expect(bytes.length * 2).toBe(text.replace(/^0x/, '').length);
      }),
      { numRuns: 2000 },
    );
  });
});
