import { describe, expect, it } from 'vitest';
import { ConnectionNotices } from './connection-notices.ts';

/** What is said where so many are seen, one look a second. */
const seen = (peers: string[], connections: readonly (number | null)[]) => {
  const lines: string[] = [];
  const notices = new ConnectionNotices(peers, (line) => lines.push(line));
  for (const [second, each] of connections.entries()) notices.see(each, second * 1000);
  return lines;
};
const nobody = Array.from({ length: 20 }, () => 0);

describe('what is said of the connections of CometBFT', () => {
  it('is said once when it has met nobody for a while, and once when it has', () => {
    const lines = seen(['aa@h:1'], [...nobody, 2, 2, ...nobody]);
    expect(lines).toEqual([
      expect.stringMatching(/no connection to another validator. It dials aa@h:1/),
      'CometBFT is connected with 2 of its like.',
      expect.stringContaining('no connection'),
    ]);
  });

  it('is nothing for a moment alone, before it answers, or where nobody is to be met', () => {
    expect(seen(['aa@h:1'], [...nobody.slice(0, 10), 1, ...nobody.slice(0, 10)])).toEqual([]);
    expect(seen(['aa@h:1'], [null, ...nobody.slice(0, 10)])).toEqual([]);
    expect(seen([], nobody)).toEqual([]);
  });
});
