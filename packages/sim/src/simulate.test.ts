import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { describe, expect, it } from 'vitest';
import { type SimulationReport, simulate } from './simulate.ts';

const patienceMs = 120_000;
const small = { miners: 3, minutes: 1 };

useNativeHasher();

/** What must be the same again; not how fast it was. */
const sameAgain = ({ speed: _, ...rest }: SimulationReport) => rest;

describe('a world from a seed', () => {
  it(
    'does the same again, to the bit, with crashes and broken links; another seed another',
    async () => {
      const first = await simulate({ seed: 1, ...small });
      expect(first).toMatchObject({ lost: [], unexplained: [] });
      expect(first.answered).toBeGreaterThan(10);
      expect(first.crashes).toBeGreaterThan(0);
      expect(sameAgain(await simulate({ seed: 1, ...small }))).toEqual(sameAgain(first));
      const other = await simulate({ seed: 2, ...small });
      expect(other).toMatchObject({ lost: [], unexplained: [] });
      expect(other.traceHash).not.toBe(first.traceHash);
      expect(other.stateRoot).not.toBe(first.stateRoot);
    },
    patienceMs,
  );

  it(
    'has as many mixers as it is told, and says what their tasks cost',
    async () => {
      const { load, certified, lost } = await simulate({ seed: 1, mixers: 7, ...small });
      expect(lost).toEqual([]);
      const { sent, onChain, certificateMs } = load;
      // Every task is announced to the six other mixers and three oracles, five times at least.
      expect(sent.get('assay/tasks/1')?.messages).toBeGreaterThan(5 * 8 * certified);
      expect(onChain.get('certifiedBatch')?.messages).toBeGreaterThan(0);
      expect(certificateMs.p50).toBeGreaterThan(0);
      expect(certificateMs.p99).toBeGreaterThanOrEqual(certificateMs.p50);
    },
    patienceMs,
  );

  it(
    'says its seed and what happened last when money is made out of nothing',
    async () => {
      const forged = simulate({ seed: 3, ...small }, ({ chain }) => {
        const { globals } = chain.head();
        Object.assign(globals, { mintedUnits: globals.mintedUnits + 1n });
      });
      await expect(forged).rejects.toThrow(/seed 3 broke: [\s\S]*minted[\s\S]*last that happened[\s\S]*block \d+/);
      await rm(join(tmpdir(), 'assay-sim-3'), { recursive: true });
    },
    patienceMs,
  );

  it(
    'says them when something throws where nobody waits for it',
    async () => {
      // In a process of its own, which it would end.
      const program = `
        import { simulate } from ${JSON.stringify(new URL('./simulate.ts', import.meta.url).href)};
        const fail = () => { throw new Error('a listener is broken'); };
        await simulate({ seed: 4, miners: 3, minutes: 1 }, ({ chain }) => chain.onBlock(fail)).catch(console.log);
        process.exit();`;
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
      expect(stdout).toMatch(/seed 4 broke: .*a listener is broken[\s\S]*last that happened/);
    },
    patienceMs,
  );
});
