import { PassThrough } from 'node:stream';
import { fields, table } from '@assay/explain/table';
import { describe, expect, it } from 'vitest';
import { statusLine } from './status-line.ts';
import { LiveLine, progressText } from './terminal.ts';

const textOf = (stream: PassThrough): string => String(stream.read() ?? '');

describe('LiveLine', () => {
  it('rewrites one line on a terminal, cut to its width, and never writes the same twice', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 12 });
    const live = new LiveLine(stream, 10_000);
    for (const text of ['one', 'one', 'two is longer than it']) live.show(text);
    live.end();
    expect(textOf(stream)).toBe('\r\u001b[2Kone\r\u001b[2Ktwo is lon…\n');
  });

  it('writes the first line elsewhere, and keeps quiet for a while', () => {
    const stream = new PassThrough();
    const live = new LiveLine(stream, 1_000_000);
    for (const text of ['one', 'two', 'three']) live.show(text);
    live.end();
    expect(textOf(stream)).toBe('one\n');
  });
});

describe('progressText', () => {
  it.each([
    [0, 100e6, 'm  [........................]  0.0 of 100.0 MB'],
    [50e6, 100e6, 'm  [############............]  50.0 of 100.0 MB'],
    [120e6, 100e6, 'm  [########################]  120.0 of 100.0 MB'],
  ])('draws %d of %d bytes', (done, total, text) => expect(progressText('m', done, total)).toBe(text));
});

describe('statusLine', () => {
  const status = {
    height: 123,
    epoch: 3,
    tasks: 4,
    auditsPassed: 4,
    auditsFailed: 0,
    paidUnits: 12_300_000_000n,
    attackers: null,
  };
  const none = { strikes: 0, rejectedTasks: 0, refundedUnits: 0n, trustPpb: null, cases: [] };

  it('says how the network does', () => {
    expect(statusLine(status)).toBe('height 123 · epoch 3 · tasks 4 · audits 4 passed 0 failed · paid 12.3 units');
  });

  it('says whether a miner that attacks was caught', () => {
    const attackers = { ...none, name: 'requantised', role: 'miner', members: [0], trustPpb: 0 } as const;
    expect(statusLine({ ...status, attackers })).toMatch(/units · requantised \(miner 0\) not caught yet$/);
    const caught = { ...attackers, rejectedTasks: 2, refundedUnits: 30_000_000n, trustPpb: 40_000_000 };
    expect(statusLine({ ...status, attackers: caught })).toMatch(
      / · requantised \(miner 0\) caught: 2 tasks rejected, 0\.03 units refunded, trust 4 %$/,
    );
  });

  it('says what a role that attacks has lost', () => {
    const attackers = { ...none, name: 'lazy-validator', role: 'validator', members: [0, 1] } as const;
    expect(statusLine({ ...status, attackers: { ...attackers, strikes: 1, cases: [4, 5] } })).toMatch(
      / · lazy-validator \(validator 0, 1\) caught: 1 strike, cases 4, 5$/,
    );
  });
});

describe('table and fields', () => {
  it('put numbers to the right and words to the left', () => {
    expect(
      table(
        ['n', 'word'],
        [
          ['1', 'a'],
          ['20', 'bcdef'],
        ],
      ),
    ).toEqual([' n  word', ' 1  a', '20  bcdef']);
    expect(
      fields([
        ['a', '1'],
        ['long', ''],
      ]),
    ).toEqual(['a     1', 'long']);
  });
});
