import { join } from 'node:path';
import type { Attackers, AttackGround } from '@assay/node/devnet/port';
import { AssayError } from '@assay/protocol';
import { type Adversary, byMembers } from './adversary.ts';

/**
 * The first members of its role attack: `share` of the `count` there are, rounded up, or as few as can when it is null.
 */
export function attackersOf(adversary: Adversary, share: number | null, count: number): Attackers {
  const { name, role, members: least = 1 } = adversary;
  const wanted = share === null ? least : Math.ceil(share * count);
  const members = Array.from({ length: Math.min(count, Math.max(least, wanted)) }, (_, index) => index);
  return {
    name,
    role,
    members,
    begin: async (ground) => byMembers(adversary, members, await attackOf(adversary, ground)),
  };
}

async function attackOf(adversary: Adversary, { model, dir, open }: AttackGround) {
  if (adversary.cheapen === null) return adversary.attack();
  if (model === null) throw new AssayError('INTERNAL', 'There is no model file to make a cheaper one of.');
  const path = join(dir, `${adversary.name}-${model.fileHash.slice(0, 8)}.gguf`);
  await adversary.cheapen(model.path, path);
  return adversary.attack(await open(path));
}
