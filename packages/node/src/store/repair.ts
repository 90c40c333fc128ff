import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/protocol';
import type { Database, Key } from 'lmdb';
import { type Damage, inspectDataFile } from './data-file.ts';
import { dataFile } from './failures.ts';
import { openEnvironment, openTables, type Tables, tableNames, viewKeys } from './tables.ts';

const views: readonly string[] = viewKeys.map((key) => tableNames[key]);
/** What follows from the blocks, and LMDB's own record of what is free. */
const derived: readonly string[] = [...views, 'snapshots', 'free'];
const repairedDir = 'repaired';

/**
 * §16.1 Lets LMDB open a data file only when it is sound. One in which nothing is damaged but what follows from the
 * blocks is copied without it. Throws AssayError DATA_DAMAGED for any other.
 */
export async function repairDataFile(
  dir: string,
  { readOnly, onNotice }: { readOnly: boolean; onNotice: (line: string) => void },
): Promise<void> {
  const path = join(dir, dataFile);
  if (!readOnly) rmSync(join(dir, repairedDir), { recursive: true, force: true });
  const damage = inspectDataFile(path);
  if (damage.length === 0) return;
  const isDerived = damage.every(({ part }) => derived.includes(part));
  if (!isDerived || readOnly) {
    const advice = isDerived ? ' Start the node on it: it can make that part again.' : '';
    throw new AssayError('DATA_DAMAGED', `${sentenceOf(path, damage)}${advice}`);
  }
  onNotice(`${sentenceOf(path, damage)} That part is made again.`);
  await copySound(dir, new Set(damage.map(({ part }) => part)));
}

function sentenceOf(path: string, damage: readonly Damage[]): string {
  return `${path}: ${damage.map(({ part, what }) => `${part} ${what}`).join(', ')}.`;
}

/** Replaces the data file by one that holds all tables but the damaged; the views go as a whole. */
async function copySound(dir: string, damaged: ReadonlySet<string>): Promise<void> {
  const repaired = join(dir, repairedDir);
  mkdirSync(repaired, { mode: 0o700 });
  const [from, to] = [openEnvironment(dir, { readOnly: true }), openEnvironment(repaired)];
  try {
    const [source, target] = [openTables(from), openTables(to)];
    const areViewsSound = !views.some((view) => damaged.has(view));
    for (const key of Object.keys(source) as (keyof Tables)[]) {
      const name = tableNames[key];
      const isSound = !damaged.has(name) && (areViewsSound || !views.includes(name));
      if (isSound) await copyTable(source[key] as AnyTable, target[key] as AnyTable);
    }
  } finally {
    await from.close();
    await to.close();
  }
  renameSync(join(repaired, dataFile), join(dir, dataFile));
  rmSync(repaired, { recursive: true });
}

type AnyTable = Database<unknown, Key>;

/** Rows that wait for their commit at once, so that a large table does not lie in memory as a whole. */
const groupRows = 256;

async function copyTable(source: AnyTable, target: AnyTable): Promise<void> {
  let rows = 0;
  let written: Promise<unknown> = Promise.resolve();
  for (const { key, value } of source.getRange()) {
    written = target.put(key, value);
    if (++rows % groupRows === 0) await written;
  }
  await written;
}
