import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { World } from '@assay/ledger/fixture';
import { devnetParams } from '@assay/node/devnet/genesis';
import { dataFiles } from '@assay/node/host/data-files';
import { writeGenesisFile } from '@assay/node/host/genesis-file';
import { presetNames } from '@assay/node/presets/presets';
import { afterAll, describe, expect, it } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';

const root = mkdtempSync(join(tmpdir(), 'assay-wash-'));
afterAll(() => rmSync(root, { recursive: true }));

async function wash(...words: readonly string[]) {
  const streams = { out: new PassThrough(), note: new PassThrough() };
  const all = ['params', 'wash', ...words];
  const code = await runProgram(all, { terminal: streams, environment: { ASSAY_HOME: root } });
  const read = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, out: read(streams.out), note: read(streams.note) };
}

interface Found {
  readonly source: string;
  readonly isGuarded: boolean;
  readonly bootstrapPeriods: number;
  readonly rows: readonly { capacity: number | null; isBootstrap: boolean; drawnUnits: string; steeredUnits: string }[];
}

async function found(...words: readonly string[]): Promise<Found> {
  return JSON.parse((await wash(...words, '--json')).out);
}

describe('params wash', () => {
  it('has both curves of the default network, below zero from a tenth to nine tenths of capacity', async () => {
    const { rows } = await found('--preset', 'assay');
    for (const isBootstrap of [true, false]) {
      const curve = rows.filter((row) => row.isBootstrap === isBootstrap);
      expect(curve.map(({ capacity }) => capacity)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, null]);
      for (const { drawnUnits, steeredUnits } of curve) {
        expect([BigInt(drawnUnits) < 0n, BigInt(steeredUnits) < 0n]).toEqual([true, true]);
      }
    }
    expect((await wash('--preset', 'assay')).out).toContain('Before the bootstrap ends');
  });

  it('says of each preset whether its guard is on, and what buying wins where it is off', async () => {
    const all = await Promise.all(presetNames.map((preset) => found('--preset', preset)));
    const won = all.map(({ rows }) => rows.some(({ drawnUnits }) => BigInt(drawnUnits) > 0n));
    expect(won).toEqual(all.map(({ isGuarded }) => !isGuarded));
    const { out } = await wash('--preset', 'competition', '--fees', '0.026');
    expect(out).toContain('The wash guard is off here');
  });

  it('speaks of the network in the data directory, and of none where there is none', async () => {
    const { genesis } = new World({ params: { ...devnetParams, wash: { mintOfBurnBps: 0, bootstrapPeriods: 0 } } });
    const data = join(root, 'net');
    mkdirSync(data);
    await writeGenesisFile(join(data, dataFiles.genesis), genesis);
    expect(await found('--data', data)).toMatchObject({ source: `the genesis in ${data}`, isGuarded: false });
    expect(await wash('--data', data, '--model', '9')).toMatchObject({ code: exitCodes.notFound.code });
    const none = await wash('--data', join(root, 'none'));
    expect(none).toMatchObject({ code: exitCodes.unreachable.code });
    expect(none.note).toContain('--preset');
  });
});
