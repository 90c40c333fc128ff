import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AssayError } from '@assay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realRuntime } from '../../runtime/real.ts';
import { CometLog } from './comet-log.ts';
import { CometProcess } from './comet-process.ts';
import { until } from './net.fixture.ts';

describe("CometBFT's process §18.11", () => {
  let dir = '';
  let lines: string[] = [];
  let fatal: string[] = [];
  const onFatal = (error: AssayError) => fatal.push(error.message);
  const running: CometProcess[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-process-'));
    lines = [];
    fatal = [];
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()));
    rmSync(dir, { recursive: true, force: true });
  });
  const started = (body: string): CometProcess => {
    const binary = join(dir, 'cometbft');
    writeFileSync(binary, `#!/bin/sh\n${body}\n`);
    chmodSync(binary, 0o755);
    const sockets = [join(dir, 'rpc')];
    const onNotice = (line: string) => lines.push(line);
    const runtime = realRuntime(onNotice);
    const process = new CometProcess({ binary, home: dir, sockets, runtime, onNotice, onFatal });
    running.push(process);
    process.start();
    return process;
  };
  const fault = (message: string) => JSON.stringify({ level: 'error', _msg: message, err: 'no route' });

  it('is started again after it ended, after longer and longer pauses, with what it said last', async () => {
    writeFileSync(join(dir, 'rpc'), '');
    const child = started(
      `echo '${fault('cannot dial')}'; test -e ${dir}/rpc && echo 'panic: a socket is left'; exit 3`,
    );
    await until('two ends', () => lines.filter((line) => line.includes('starts again')).length === 2);
    const ends = lines.filter((line) => line.includes('starts again'));
    expect(ends[0]).toMatch(/ended with code 3; it starts again in 0.5 s. See .*cometbft.log. .*cannot dial: no route/);
    expect(ends[1]).toMatch(/in 1 s/);
    // The same fault is told once.
    expect(lines.filter((line) => line === 'CometBFT: cannot dial: no route')).toHaveLength(1);
    expect(lines.join()).not.toMatch(/a socket is left/);
    await child.stop();
    const told = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect([lines.length, child.pid]).toEqual([told, null]);
    expect(readFileSync(join(dir, 'cometbft.log'), 'utf8')).toMatch(/cannot dial/);
  });

  it('is ended and started again when it decides no more and stays, with the reason and not what follows', async () => {
    const failed = JSON.stringify({ level: 'error', _msg: 'CONSENSUS FAILURE!!!', err: 'wrong block' });
    const child = started(`echo '${failed}'; echo '${fault('a peer left')}'; exec sleep 60`);
    const { pid } = child;
    await until('another', () => child.pid !== null && child.pid !== pid);
    expect(lines.find((line) => line.includes('starts again'))).toMatch(/SIGKILL.* CONSENSUS FAILURE!!!: wrong block$/);
    expect(fatal).toEqual([]);
  });

  it('is not started again when the disk of its home is full', async () => {
    const child = started(`echo 'panic: write /x/wal: no space left on device'; exit 2`);
    await until('the reason', () => fatal.length > 0);
    expect(fatal.join()).toMatch(/^The disk is full.*Free some space.*assay-process-/s);
    expect([child.pid, lines.filter((line) => line.includes('starts again'))]).toEqual([null, []]);
  });

  it('ends the node when its own files cannot be written', async () => {
    mkdirSync(join(dir, 'cometbft.pid'));
    const child = started('exec sleep 60');
    expect(fatal.join()).toMatch(/^The disk refused.*assay-process-.*EISDIR/s);
    expect(child.pid).toBeNull();
  });

  it('says when there is no such program', async () => {
    const child = started('exit 0');
    await child.stop();
    rmSync(join(dir, 'cometbft'));
    const sockets: string[] = [];
    const onNotice = (line: string) => lines.push(line);
    const runtime = realRuntime(onNotice);
    const none = new CometProcess({ binary: join(dir, 'cometbft'), home: dir, sockets, runtime, onNotice, onFatal });
    running.push(none);
    none.start();
    await until('the reason', () => lines.some((line) => /cannot be started: .*ENOENT/.test(line)));
  });

  it('is ended with its node, at once when it obeys', async () => {
    const child = started('trap "exit 0" TERM; while :; do sleep 0.05; done');
    const pid = child.pid ?? 0;
    await until('its number', () => existsSync(join(dir, 'cometbft.pid')));
    await child.stop();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect([child.pid, existsSync(join(dir, 'cometbft.pid')), lines]).toEqual([null, false, []]);
  });

  it('ends one that was left behind, and nothing else that has its number', async () => {
    const left = spawn('/bin/sh', ['-c', 'while :; do sleep 0.05; done', 'node', '--home', dir]);
    const other = spawn('/bin/sh', ['-c', 'while :; do sleep 0.05; done']);
    const ended = new Promise((resolve) => left.once('exit', (_, signal) => resolve(signal)));
    writeFileSync(join(dir, 'cometbft.pid'), `${other.pid}\n`);
    await started('exec sleep 9').stop();
    expect(other.exitCode).toBeNull();
    process.kill(other.pid ?? 0, 0);
    writeFileSync(join(dir, 'cometbft.pid'), `${left.pid}\n`);
    started('exec sleep 9');
    expect(await ended).toBe('SIGKILL');
    other.kill('SIGKILL');
  });

  it('has its faults told once a minute, panics too, whatever it writes', () => {
    let now = 0;
    const log = new CometLog({ monotonicMs: () => now, log: (line) => lines.push(line) });
    const many = Array.from({ length: 20 }, (_, i) => `${fault(`peer ${i} is gone`)}\n`).join('');
    log.read(many.slice(0, 50));
    log.read(many.slice(50));
    log.read('{"level":"info","_msg":"fine"}\n{broken\nsome words\npanic: out of memory\n');
    expect(lines).toEqual(['CometBFT: peer 0 is gone: no route', 'CometBFT: panic: out of memory']);
    expect(log.lastFault).toBe('panic: out of memory');
    now = 60_001;
    log.read(`${fault('peer 7 is gone')}\n${'x'.repeat(1_000_000)}`);
    expect(lines).toHaveLength(3);
  });
});
