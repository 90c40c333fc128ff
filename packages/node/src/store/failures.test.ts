import { describe, expect, it } from 'vitest';
import { causeOf, diskFailure, isFull } from './failures.ts';

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

describe('what went wrong at a disk', () => {
  const failed = (code: unknown) => Object.assign(new Error('write'), { code });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG', 28, -30792])('is that it is full where the system says %s', (code) => {
    expect(isFull(failed(code))).toBe(true);
    const { code: named, message } = diskFailure('/a/disk', failed(code));
    expect([named, message]).toEqual(['DISK_FULL', expect.stringMatching(/Free some space.* \/a\/disk$/)]);
  });

  it('is something else where it says so, and there is room', () => {
    expect(isFull(failed('EIO'))).toBe(false);
    expect(diskFailure('/a/disk', failed('EIO'))).toMatchObject({ code: 'DISK_FAILED' });
  });
});
