import type { ChallengeReport } from '@assay/protocol';

/** A report of nothing measured and nothing disputed, but for the change; a hash rate comes of one right answer. */
export function reportOf(
  change: Partial<ChallengeReport> & Pick<ChallengeReport, 'miner' | 'reveal'>,
): ChallengeReport {
  const { hashRate = 0n, disputed = [], right = hashRate > 0n && disputed.length === 0 ? 1 : 0 } = change;
  return { disputed, asked: right + disputed.length, right, hashRate, bandwidth: 0n, latencyMs: 0, ...change };
}
