import { describe, expect, it } from 'vitest';
import { causeOf } from './failures.ts';

describe('the cause of a failed commit', () => {
  const failed = (commitError: Promise<never>) => Object.assign(new Error('Commit failed'), { commitError });

  it('is the reason that LMDB gives', async () => {
    const reason = new Error('no room');
    expect(await causeOf(failed(Promise.reject(reason)))).toBe(reason);
  });

  it('is the failure itself where LMDB never says why, so that nobody waits for a block for ever', async () => {
    const error = failed(new Promise(() => {}));
    expect(await causeOf(error)).toBe(error);
    const other = new Error('another');
    expect(await causeOf(other)).toBe(other);
  });
});
