import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Postgres, postgresRow } from './postgres.ts';

const ready =
  'case "$1" in --version) echo "postgres (PostgreSQL) 15.1"; exit;; esac; echo "ready to accept connections" >&2';
const programs = {
  initdb: 'exit 0',
  postgres: `${ready}; exec sleep 60`,
  psql: 'while read -r word rest; do [ "$word" = "\\\\echo" ] && echo "$rest"; done',
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(scripts: Readonly<Record<string, string>>): void {
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

const row = () =>
  postgresRow(
    'one COPY a block',
    async () => 7,
    () => Postgres.start({ folder }),
  );

describe('the row of PostgreSQL', () => {
  it('is what was measured', async () => {
    install(programs);
    expect(await row()).toEqual({ who: 'PostgreSQL 15.1', value: 7, note: 'one COPY a block' });
  });

  it.each([
    ['initdb fails', { initdb: 'echo a; echo "no locale" >&2; exit 1' }, 'initdb: no locale'],
    ['a library is missing', { postgres: 'echo "libpq.so.5: not found" >&2; exit 127' }, 'libpq.so.5: not found'],
    [
      'the server stops',
      { postgres: `${ready.replace(/ready.*/, 'no shared memory" >&2')}; exit 1` },
      'no shared memory',
    ],
    ['nobody can connect', { psql: 'echo "connection refused" >&2; exit 2' }, 'psql stopped: connection refused'],
  ])('is skipped, with the reason in one line, when %s', async (_, change, reason) => {
    install({ ...programs, ...change });
    const { value, note } = await row();
    expect(value).toBeNull();
    expect(note).toMatch(/^does not start here: [^\n]+$/);
    expect(note).toContain(reason);
  });

  it('is skipped when a program is not one that runs', async () => {
    install({ ...programs });
    rmSync(join(folder, 'initdb'));
    expect((await row()).note).toContain('initdb: spawnSync');
  });

  it('says what brings a server where there is none', async () => {
    const absent = await postgresRow(
      '',
      async () => 7,
      () => Postgres.start(null),
    );
    expect(absent).toMatchObject({ value: null, note: expect.stringContaining('apt-get install postgresql') });
  });
});
