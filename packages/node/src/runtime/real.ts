import { randomBytes, randomInt } from 'node:crypto';
import { type Runtime, sleepBy } from '@assay/roles/ports/runtime';

/** Node fires a timer that is longer at once. */
const longestMs = 2 ** 31 - 1;

const timer: Runtime['timer'] = (ms, fire) => {
  if (ms <= 0) {
    const immediate = setImmediate(fire).unref();
    return () => clearImmediate(immediate);
  }
  const timeout = setTimeout(fire, Math.min(ms, longestMs)).unref();
  return () => clearTimeout(timeout);
};

/** The machine's own clocks and timers, and random values that nobody foresees, whatever the stream. */
export function realRuntime(log: Runtime['log']): Runtime {
  const random = { bytes: (count: number) => randomBytes(count), int: (below: number) => randomInt(below) };
  return {
    nowMs: Date.now,
    monotonicMs: () => Math.floor(performance.now()),
    sleep: sleepBy(timer),
    timer,
    random: () => random,
    log,
  };
}
