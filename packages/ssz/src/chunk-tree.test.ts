import { ListCompositeType } from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkTree, withLength } from './chunk-tree.ts';
import { equalBytes, sha256 } from './hash.ts';
import { Bytes32 } from './scalars.ts';

const depth = 7;
const list = new ListCompositeType(Bytes32, 2 ** depth);
const chunk = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Chunks by index: those below the present length are replaced, the others follow it. */
const changes = fc.array(fc.array(fc.tuple(fc.nat(20), chunk), { maxLength: 20 }), { maxLength: 8 });

function change(tree: ChunkTree, chunks: Uint8Array[], changes: readonly [number, Uint8Array][]): void {
  const changed = new Set<number>();
  for (const [wanted, value] of changes) {
    const index = Math.min(wanted, chunks.length, 2 ** depth - 1);
    chunks[index] = value;
    changed.add(index);
  }
  const indexes = Uint32Array.from([...changed].sort((a, b) => a - b));
  const bytes = new Uint8Array(indexes.length * 32);
  for (const [i, index] of indexes.entries()) bytes.set(chunks[index] as Uint8Array, i * 32);
  tree.set(indexes, bytes);
}

describe('the tree of chunks', () => {
  it('has the root the library gives the list after every change, and a path from every chunk to it', () => {
    fc.assert(
      fc.property(changes, (rounds) => {
        const tree = new ChunkTree(depth);
        const chunks: Uint8Array[] = [];
        for (const changes of rounds) {
          change(tree, chunks, changes);
          expect(tree.length).toBe(chunks.length);
          expect(withLength(tree.root(), chunks.length)).toEqual(list.hashTreeRoot(chunks));
        }
        for (const [index, value] of chunks.entries()) {
          let node = value;
          for (const [height, sibling] of tree.path(index).entries()) {
            node = (index >> height) % 2 === 1 ? sha256(sibling, node) : sha256(node, sibling);
          }
          expect(equalBytes(node, tree.root())).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
