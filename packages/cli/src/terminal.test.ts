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
    cheater: null,
  };
  const cheater = { miner: 2, rejectedTasks: 0, refundedUnits: 0n, trustPpb: 0 };

  it('says how the network does', () => {
    expect(statusLine(status)).toBe('height 123 · epoch 3 · tasks 4 · audits 4 passed 0 failed · paid 12.3 units');
  });

  it('says whether the cheater was caught', () => {
    expect(statusLine({ ...status, cheater })).toMatch(/units · cheater \(miner 2\) not caught yet$/);
    const caught = { ...cheater, rejectedTasks: 2, refundedUnits: 30_000_000n, trustPpb: 40_000_000 };
    expect(statusLine({ ...status, cheater: caught })).toMatch(
      / · cheater \(miner 2\) caught: 2 tasks rejected, 0\.03 units refunded, trust 4 %$/,
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
