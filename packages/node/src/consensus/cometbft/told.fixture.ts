import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The next word of a process. Throws when it has ended before. */
export async function told<T>(child: ChildProcess): Promise<T> {
  const [word] = await Promise.race([
    once(child, 'message'),
    // Not its exit, which may be heard of before its last word.
    once(child, 'disconnect').then(() => {
      throw new Error('a validator ended');
    }),
  ]);
  return word as T;
}
