import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { lastLines, processFiles, processOf, startProcess, stopProcess } from './processes.ts';

const program = (code: string, dataDir: string): [string, ...string[]] => [process.execPath, '-e', code, dataDir];
const until = async (isSo: () => boolean) => {
  while (!isSo()) await setTimeout(10);
};

it('starts a process that outlives its starter, is found again, and ends when asked', async () => {
  const dir = await newDirectory();
  expect([processOf(dir), await stopProcess(dir, 100)]).toEqual([null, 'notRunning']);
  const onInt = "process.on('SIGINT', () => { console.log('asked'); process.exit(0); });";
  const code = `${onInt} console.log('begun'); setInterval(() => {}, 1000);`;
  const pid = startProcess(program(code, dir), dir);
  await until(() => lastLines(dir, 1).includes('begun'));
  expect(processOf(dir)).toBe(pid);
  expect(await stopProcess(dir, 5000)).toBe('stopped');
  expect([processOf(dir), lastLines(dir, 2)]).toEqual([null, ['begun', 'asked']]);
});

it('tells one that died by itself, and cuts off one that does not listen', async () => {
  const dir = await newDirectory();
  startProcess(program("console.log('oh'); process.exit(3);", dir), dir);
  await until(() => processOf(dir) === 'died');
  expect(lastLines(dir, 5)).toEqual(['oh']);
  const deaf = "process.on('SIGINT', () => {}); console.log('deaf'); setInterval(() => {}, 1000);";
  startProcess(program(deaf, dir), dir);
  await until(() => lastLines(dir, 1).includes('deaf'));
  expect(await stopProcess(dir, 200)).toBe('cutOff');
  await until(() => processOf(dir) === null);
});

it('takes no other process for its own, whose number it has', async () => {
  const dir = join(await newDirectory(), 'node');
  mkdirSync(dir);
  writeFileSync(join(dir, processFiles.pid), `${process.pid}\n`);
  expect(processOf(dir)).toBe('died');
  expect(await stopProcess(dir, 100)).toBe('notRunning');
});
