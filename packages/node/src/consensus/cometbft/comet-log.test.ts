import { expect, it } from 'vitest';
import { CometLog } from './comet-log.ts';

it.each([
  ['decides no more', 'CONSENSUS FAILURE!!!'],
  // It stays, and asks nobody again.
  ['has given up to begin with a state', 'State sync failed'],
])('a CometBFT that %s has failed (§18.11)', (_, message) => {
  const log = new CometLog({ monotonicMs: () => 0, log: () => {} });
  log.read(`${JSON.stringify({ level: 'error', _msg: message, err: 'no witnesses connected' })}\n`);
  expect(log.hasFailed).toBe(true);
  log.begin();
  expect(log.hasFailed).toBe(false);
});
