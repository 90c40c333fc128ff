/** What a miner counts in an epoch, at its beginning. */
export const noCounts = { epochPassed: 0, epochFailed: 0, epochCertified: 0, epochLate: 0 };

/** What begins again with a reward period (economics §4.4). */
export const noWork = {
  epochVwu: 0n,
  epochTokens: 0n,
  epochTasks: 0,
  epochLatencyMicro: 0n,
  epochOutTokens: 0n,
  epochOutMs: 0n,
  forfeits: false,
};
