/** How far the time of a block may be ahead of a node's clock, milliseconds (§2.10). */
const aheadMs = 2000;

interface Clock {
  /** Time of the last block, and what the clock says now: Unix time, milliseconds. */
  readonly lastMs: number;
  readonly nowMs: number;
}

/** The time of the next block: that of the clock, and later than the last block even where the clock went back. */
export function nextBlockMs({ lastMs, nowMs }: Clock): number {
  return Math.max(nowMs, lastMs + 1);
}

/**
 * Why a node refuses a block of this time, whoever made it; null when it takes it. Where the last block is ahead of the
 * clock already, the next may be one block time later: a network whose clocks were set back goes on.
 */
export function blockTimeProblem(
  timeMs: number,
  { lastMs, nowMs, blockTimeMs }: Clock & { readonly blockTimeMs: number },
): string | null {
  if (timeMs <= lastMs) return `its time ${timeMs} is not after ${lastMs}, that of the last block`;
  const mostMs = Math.max(nowMs + aheadMs, lastMs + blockTimeMs);
  return timeMs > mostMs ? `its time is ${timeMs - nowMs} ms ahead of this node's clock` : null;
}
