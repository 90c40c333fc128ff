/** All that is looked at of a machine and of a node. */
export const findingChecks = [
  'node',
  'disk',
  'memory',
  'model',
  'ports',
  'peers',
  'clock',
  'cometbft',
  'validators',
  'engine',
  'gpu',
  'file',
  'speed',
  'keys',
  'funds',
  'reach',
] as const;

/** One thing that was looked at. */
export interface Finding {
  readonly check: (typeof findingChecks)[number];
  /** `warning`: it works, and not well. */
  readonly result: 'ok' | 'warning' | 'failed';
  /** What was found. */
  readonly text: string;
  /** What to do; null when all is well. */
  readonly cure: string | null;
}

export const ok = (check: Finding['check'], text: string): Finding => ({ check, result: 'ok', text, cure: null });
export const failed = (check: Finding['check'], text: string, cure: string): Finding => ({
  check,
  result: 'failed',
  text,
  cure,
});
export const warning = (...given: Parameters<typeof failed>): Finding => ({ ...failed(...given), result: 'warning' });

/** Whether nothing is found that keeps a node from running. */
export const isFit = (findings: readonly Finding[]): boolean => findings.every(({ result }) => result !== 'failed');
