import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cometHeaderHash, Seal } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { afterEach, beforeEach } from 'vitest';
import type { TrustedComet } from './home.ts';
import type { TestNode } from './net.fixture.ts';

/** A directory and the nodes in it, for each test of a group; both end with the test. */
export function testNodes(): { dir: string; nodes: TestNode[] } {
  const world: { dir: string; nodes: TestNode[] } = { dir: '', nodes: [] };
  beforeEach(() => {
    world.dir = mkdtempSync(join(tmpdir(), 'assay-comet-'));
    world.nodes = [];
  });
  afterEach(async () => {
    await Promise.all(world.nodes.map((node) => node.close()));
    rmSync(world.dir, { recursive: true, force: true });
  });
  return world;
}

export function heightOf({ engine }: TestNode): number {
  return engine.chain.head().globals.height;
}

/** The block of CometBFT's that follows a height, which a newcomer is told to trust, and who answers for it. */
export function trustedAfter(height: number, { store }: TestNode, sources: TrustedComet['sources']): TrustedComet {
  const seal = store.sealAt(height);
  if (seal == null) throw new Error(`there is no seal of block ${height}`);
  const { kind, value } = Seal.deserialize(seal);
  if (kind !== 'cometbft') throw new Error('it has another seal');
  return { height: height + 1, hash: toHex(cometHeaderHash(value.header)), sources };
}

/** Whose precommits the seal of a height holds; nobody's while there is none. */
export function sealersAt({ engine }: TestNode, height: number): readonly number[] {
  const bytes = engine.chain.sealAt(height);
  const seal = bytes === null ? null : Seal.deserialize(bytes);
  return seal?.kind === 'cometbft' ? seal.value.precommits.map(({ validator }) => validator) : [];
}

/** Whether a vote of a validator is in any seal that a node has, from a height on: one that comes late is left out. */
export function hasSealed(node: TestNode, validator: number, from = 1): boolean {
  const heights = Array.from({ length: Math.max(0, heightOf(node) - from) }, (_, i) => from + i);
  return heights.some((height) => sealersAt(node, height).includes(validator));
}
