import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalVoteBytes, cometAddress } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../crypto/verifier.ts';
import { realRuntime } from '../../runtime/real.ts';
import { signerOf } from '../chain.fixture.ts';
import { LastSigned } from './last-signed.ts';
import { type SignerRequest, signerShape } from './privval.ts';
import { RemoteSigner } from './signer.ts';
import { ValidatorKeys } from './validator-keys.ts';
import { decode, encode, type PartsOf } from './wire.ts';

const chainId = 'test-00112233';
const [key, next] = [signerOf('consensus'), signerOf('another')];
const hash = (byte: number) => new Uint8Array(32).fill(byte);
const blockId = (byte: number) => ({ hash: hash(byte), parts: { total: 1, hash: hash(byte + 1) } });

describe('the signer of a validator §18.5', () => {
  let dir = '';
  let path = '';
  let lines: string[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-signer-'));
    path = join(dir, 'last-signed.json');
    lines = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const held = [key, next];
  const opened = (height = 0) => {
    const lastSigned = LastSigned.open(path, height);
    const signerOf = (publicKey: Uint8Array) => held.find((each) => equalBytes(each.publicKey, publicKey)) ?? null;
    const keys = new ValidatorKeys({ signerOf, shown: key }, lastSigned);
    const runtime = realRuntime((line) => lines.push(line));
    return {
      lastSigned,
      signer: new RemoteSigner({ chainId, keys, nextHeight: () => height + 1, runtime, onFatal: () => {} }),
    };
  };
  const requestOf = (parts: PartsOf<typeof signerShape>): SignerRequest =>
    decode(signerShape, encode(signerShape, parts));
  const vote = (fields: object = {}, by = key) => {
    const validatorAddress = cometAddress(by.publicKey);
    const asked = {
      type: 1,
      height: 5,
      round: 0,
      blockId: blockId(1),
      time: { seconds: 9, nanos: 1 },
      validatorAddress,
    };
    return { voteRequest: { vote: { ...asked, ...fields }, chainId } };
  };
  const ask = async (signer: RemoteSigner, parts: PartsOf<typeof signerShape>) =>
    (await signer.answer(requestOf(parts))).voteResponse ?? null;

  it('gives no signature that it cannot keep', async () => {
    const { signer, lastSigned } = opened();
    rmSync(dir, { recursive: true });
    const request = requestOf(vote());
    await expect(signer.answer(request)).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringContaining(dir),
    });
    expect(lastSigned.signed).toBeNull();
  });

  it('signs a vote so that others can check it, and has it on disk by then', async () => {
    const { signer } = opened();
    const answer = await ask(signer, vote());
    expect(answer?.error).toBeUndefined();
    const signed = canonicalVoteBytes(
      {
        kind: 'prevote',
        height: 5,
        round: 0,
        blockId: { hash: hash(1), partsTotal: 1, partsHash: hash(2) },
        seconds: 9,
        nanos: 1,
      },
      chainId,
    );
    const signature = answer?.vote?.signature ?? new Uint8Array();
    expect(nativeVerifier.ed25519(key.publicKey, signed, signature)).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8')).signed).toMatchObject({ height: 5, round: 0, step: 2, seconds: 9 });
  });

  it('gives the vote of before for the same vote at another time, after a restart too', async () => {
    const before = await ask(opened().signer, vote());
    const again = await ask(opened(4).signer, vote({ time: { seconds: 12, nanos: 0 } }));
    expect(again?.vote?.signature).toEqual(before?.vote?.signature);
    expect(again?.vote?.time).toEqual({ seconds: 9, nanos: 1 });
    expect(lines).toEqual([]);
  });

  it.each([
    ['a second vote of one place', { blockId: blockId(7) }],
    ['a vote for no block after one for a block', { blockId: null }],
    ['a vote of an earlier step', { type: 1, round: 1 }],
    ['a vote of an earlier round', { type: 2, round: 0 }],
    ['a vote of an earlier height', { type: 2, round: 7, height: 4 }],
  ])('refuses %s, says so, and goes on with the next', async (name, fields) => {
    const { signer } = opened();
    const isSecond = name.startsWith('a second') || name.startsWith('a vote for no');
    await ask(signer, vote(isSecond ? {} : { type: 2, round: 1 }));
    const refused = await ask(opened(4).signer, vote(fields));
    expect(refused?.error?.description).toMatch(/would cost the stake/);
    expect(refused?.vote?.signature ?? new Uint8Array()).toHaveLength(0);
    expect(lines.join()).toMatch(/REFUSED to sign a second/);
    const later = await ask(opened(4).signer, vote({ type: 2, round: 2 }));
    expect(later?.vote?.signature).toHaveLength(64);
  });

  it('takes a proposal for the first step of its round', async () => {
    const { signer } = opened();
    const proposal = {
      type: 32,
      height: 5,
      round: 0,
      polRound: -1,
      blockId: blockId(1),
      time: { seconds: 9, nanos: 0 },
    };
    const answer = await signer.answer(requestOf({ proposalRequest: { proposal, chainId } }));
    expect(answer.proposalResponse?.proposal?.signature).toHaveLength(64);
    expect((await ask(signer, vote()))?.vote?.signature).toHaveLength(64);
    const late = await signer.answer(requestOf({ proposalRequest: { proposal, chainId } }));
    expect(late.proposalResponse?.error?.description).toMatch(/would cost the stake/);
  });

  it('signs for no other chain and with no other key', async () => {
    const { signer } = opened();
    const elsewhere = { voteRequest: { vote: vote().voteRequest.vote, chainId: 'other-00112233' } };
    expect((await ask(signer, elsewhere))?.error?.description).toMatch(/another chain/);
    expect((await ask(signer, vote({}, next)))?.error?.description).toMatch(/another key/);
  });

  it('signs with a new key from its height on, after a restart too', async () => {
    const { signer, lastSigned } = opened();
    await lastSigned.useKey(key.publicKey, 1);
    await ask(signer, vote());
    await lastSigned.useKey(next.publicKey, 7);
    await lastSigned.useKey(next.publicKey, 8);
    const restarted = opened(5);
    expect((await ask(restarted.signer, vote({ height: 6 })))?.vote?.signature).toHaveLength(64);
    expect((await ask(restarted.signer, vote({ height: 7 })))?.error?.description).toMatch(/another key/);
    expect((await ask(restarted.signer, vote({ height: 7 }, next)))?.vote?.signature).toHaveLength(64);
    const shown = await opened(6).signer.answer(requestOf({ publicKeyRequest: { chainId } }));
    expect(shown.publicKeyResponse?.publicKey?.ed25519).toEqual(next.publicKey);
  });

  it('begins with no file only with the chain, and with no broken one', () => {
    expect(() => LastSigned.open(path, 9)).toThrow(/If its keys never signed, make it, empty/);
    writeFileSync(path, '');
    expect(LastSigned.open(path, 9).signed).toBeNull();
    for (const broken of ['{', '{"signed":{"height":"5"},"keys":[]}', '{"signed":null}']) {
      writeFileSync(path, broken);
      expect(() => LastSigned.open(path, 9)).toThrow(/cannot be read/);
    }
  });
});
