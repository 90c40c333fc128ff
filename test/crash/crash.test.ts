import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { describe, expect, it } from 'vitest';
import { checkBusyEngine } from './check-busy-engine.ts';
import { type CrashSubject, killRounds } from './kill-rounds.ts';

useNativeHasher();

const kills = Number(process.env['ASSAY_CRASH_KILLS'] ?? 25);
const seed = Number(process.env['ASSAY_CRASH_SEED'] ?? randomInt(2 ** 31));

const subject: CrashSubject = {
  script: join(import.meta.dirname, 'busy-engine.ts'),
  maxLifeMs: 300,
  roundsPerDirectory: 4,
  check: checkBusyEngine,
};

describe('an engine killed at random moments under load', () => {
  it(`loses nothing it acknowledged (${kills} kills, seed ${seed})`, { timeout: kills * 20_000 }, async () => {
    const report = await killRounds(subject, { kills, seed });
    console.log(
      `killed ${report.kills} times (${report.early} before it was ready), ${report.lines} confirmations checked`,
    );
    expect(report.lines).toBeGreaterThan(kills);
  });
});
