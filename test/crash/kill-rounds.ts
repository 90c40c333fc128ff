import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { firstUint64, littleEndian, sha256 } from '@assay/ssz';

/** A program that is killed again and again, and what must hold each time. */
export interface CrashSubject {
  /** The program; it is given its data directory as its last argument, and says `ready` on a line once it works. */
  readonly script: string;
  /** Longest time from `ready` to the kill, milliseconds. */
  readonly maxLifeMs: number;
  /** Rounds on one data directory, so that checking it stays short. */
  readonly roundsPerDirectory: number;
  /** Throws when the directory lost something; `said` are the whole lines of the killed process after `ready`. */
  readonly check: (dir: string, said: readonly string[]) => Promise<void>;
}

export interface CrashReport {
  readonly kills: number;
  /** Kills before the program was ready. */
  readonly early: number;
  /** Lines said by all killed processes. */
  readonly lines: number;
}

/** One kill in so many comes before the program is ready. */
const earlyOneIn = 6;
const longestStartMs = 400;

/** Starts, kills at a random moment and checks, over and over. `seed` decides the moments. */
export async function killRounds(
  subject: CrashSubject,
  { kills, seed }: { kills: number; seed: number },
): Promise<CrashReport> {
  const report = { kills, early: 0, lines: 0 };
  let dir = '';
  for (let round = 0; round < kills; round++) {
    const fresh = round % subject.roundsPerDirectory === 0;
    if (fresh && dir !== '') await rm(dir, { recursive: true });
    if (fresh) dir = await mkdtemp(join(tmpdir(), 'assay-crash-'));
    const draw = (below: number, what: number) =>
      Number(firstUint64(sha256(littleEndian(seed, 8), littleEndian(round, 4), littleEndian(what, 1))) % BigInt(below));
    const isEarly = draw(earlyOneIn, 0) === 0;
    const said = await lifeOf(
      subject.script,
      dir,
      isEarly ? null : draw(subject.maxLifeMs, 1),
      draw(longestStartMs, 2),
    );
    report.early += isEarly ? 1 : 0;
    report.lines += said.length;
    try {
      await subject.check(dir, said);
    } catch (cause) {
      throw new Error(`round ${round} of seed ${seed}, in ${dir}: ${String(cause)}`, { cause });
    }
  }
  await rm(dir, { recursive: true });
  return report;
}

/** Runs the program until it is killed: `lifeMs` after it is ready, or `startMs` after its start when that is null. */
async function lifeOf(script: string, dir: string, lifeMs: number | null, startMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = readOutput(child);
  if (lifeMs === null) await setTimeout(startMs);
  else await Promise.race([output.ready, once(child, 'exit')]).then(() => setTimeout(lifeMs));
  if (child.exitCode !== null) throw new Error(`the program ended by itself with status ${child.exitCode}`);
  child.kill('SIGKILL');
  return output.lines();
}

function readOutput(child: ChildProcess) {
  const ready = Promise.withResolvers<void>();
  const closed = once(child, 'close');
  const chunks: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk);
    if (chunk.includes('ready\n')) ready.resolve();
  });
  /** What was said after `ready`; a last line without its end was cut off by the kill. */
  const lines = async () => {
    await closed;
    return chunks.join('').split('\n').slice(1, -1);
  };
  return { ready: ready.promise, lines };
}
