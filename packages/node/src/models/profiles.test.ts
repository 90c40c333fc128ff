import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineInfo } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { profilesOf, readCatalog } from './catalog.ts';
import { readProfile } from './profiles.ts';

const engine = { ...EngineInfo.defaultValue(), name: 'one', build: '1', backend: 'cpu' };
const numbers = {
  requests: 300,
  t1LimitPpb: 30_000_000,
  marginMicro: 400_000,
  substituteT1Ppb: 100_000_000,
  substituteMismatchesPpb: 9,
};
const fileHash = 'ab'.repeat(32);
const root = `0x${toHex(EngineInfo.hashTreeRoot(engine))}`;
const calibrated = {
  model: { name: 'a model', fileHash },
  profile: { minerEngine: root, auditorEngine: root, ...numbers },
  flaw: null,
};

async function written(content: unknown): Promise<string> {
  const path = join(await newDirectory(), 'profile.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('noise profiles of a new network', () => {
  it('are those of the catalogue, and what was calibrated for the same file', async () => {
    const path = await written(calibrated);
    const engineRoot = EngineInfo.hashTreeRoot(engine);
    const profile = { minerEngine: engineRoot, auditorEngine: engineRoot, ...numbers };
    expect(readProfile(path, fileHash)).toEqual(profile);
    expect(profilesOf(fileHash, [path])).toEqual([profile]);
    const [first] = readCatalog().models;
    expect(profilesOf(first?.sha256 ?? '', [])).toEqual(first?.profiles);
  });

  it('are refused when they are none, or about another file', async () => {
    const path = await written(calibrated);
    expect(() => readProfile(path, 'cd'.repeat(32))).toThrow('is about another file than this model: a model');
    for (const wrong of ['{', {}, { ...calibrated, profile: { ...calibrated.profile, minerEngine: '0x12' } }]) {
      const file = await written(wrong);
      expect(() => readProfile(file, fileHash)).toThrow(
        'is no noise profile. `assay calibrate --out FILE` writes one.',
      );
    }
    expect(() => readProfile('/nowhere/profile.json', fileHash)).toThrow('is no noise profile');
  });
});
