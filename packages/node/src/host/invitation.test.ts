import { sha256, toHex } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Invitation, invitationLimits, invitationText, parseInvitation } from './invitation.ts';

const peer = (i: number) => toHex(sha256(Uint8Array.of(i)));
const invitation: Invitation = {
  chainId: 'assay-test',
  genesisHash: sha256(Uint8Array.of(7)),
  peers: [
    { peer: peer(1), addresses: ['/ip4/203.0.113.7/tcp/4020', '/dns4/node.example/tcp/4020'] },
    { peer: peer(2), addresses: ['/ip6/2001:db8::1/tcp/4020'] },
  ],
  trusted: { height: 123_456, headerRoot: peer(3), nextComet: peer(4) },
};

describe('an invitation §20.1', () => {
  it('is one line that says again what was put into it, blanks and breaks or not', () => {
    const line = invitationText(invitation);
    expect(line).toMatch(/^assay2net-[\w-]+$/);
    expect(parseInvitation(line)).toEqual(invitation);
    expect(parseInvitation(`  ${line.slice(0, 70)}\n   ${line.slice(70)}\n`)).toEqual(invitation);
    const unsealed = { height: 7, headerRoot: peer(3), nextComet: null };
    for (const trusted of [null, unsealed]) {
      const other = { ...invitation, trusted };
      expect(parseInvitation(invitationText(other))).toEqual(other);
    }
  });

  it('holds no more than a line that is passed on', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      peer: peer(i),
      addresses: [
        `/dns4/${'x'.repeat(300)}/tcp/1`,
        ...Array.from({ length: 9 }, (__, port) => `/ip4/10.0.0.1/tcp/${port}`),
      ],
    }));
    const line = invitationText({ ...invitation, peers: many });
    expect(line.length).toBeLessThan(invitationLimits.characters);
    const { peers } = parseInvitation(line);
    expect(peers.length).toBe(invitationLimits.peers);
    expect(peers[0]?.addresses).toEqual([0, 1, 2, 3].map((port) => `/ip4/10.0.0.1/tcp/${port}`));
  });

  it('is refused when it was mistyped or cut, wherever', () => {
    const line = invitationText(invitation);
    const isRefused = (text: string) =>
      expect(() => parseInvitation(text)).toThrow(expect.objectContaining({ code: 'BAD_INVITATION' }));
    for (let at = 0; at < line.length; at++) {
      isRefused(line.slice(0, at));
      isRefused(`${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`);
    }
    isRefused(`${line}A`);
    expect(() => parseInvitation(line.replace('2net', '3net'))).toThrow(/form 3, and version 0.*: install a newer/);
    expect(() => parseInvitation(line.replace('2net', '1net'))).toThrow(/form 1, and version 0.*: ask for a new one/);
    isRefused(`assay2net-${'A'.repeat(invitationLimits.characters)}`);
  });

  it('is refused when nobody in it can be reached', () => {
    const silent = { ...invitation, peers: [{ peer: peer(1), addresses: ['no address'] }] };
    expect(() => parseInvitation(invitationText(silent))).toThrow('no peer with an address');
  });

  it('never breaks its reader', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const sum = sha256(bytes).subarray(0, 4);
        const text = `assay2net-${Buffer.concat([bytes, sum]).toString('base64url')}`;
        try {
          expect(parseInvitation(text).peers.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_INVITATION' });
        }
      }),
    );
  });
});
