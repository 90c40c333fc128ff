import { parseAst } from 'vitest/node';
import type { Tree } from './tree.ts';

/** A node of the ESTree (with TypeScript) of a file. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A parsed TypeScript file. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: SyntaxNode;
  /** Line of an offset, from 1. */
  lineOf(offset: number): number;
}

/** Parses every TypeScript file of the tree; throws with the path when one is not TypeScript. */
export function parseTree(tree: Tree): Source[] {
  return [...tree].filter(([path]) => path.endsWith('.ts')).map(([path, text]) => parseSource(path, text));
}

function parseSource(path: string, text: string): Source {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  return { path, text, lineOf, tree: parseAst(text, { lang: 'ts' }, path) as unknown as SyntaxNode };
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** The nodes directly below `node`, in order. */
function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node).flat().filter(isNode);
}

/** Calls `visit` for `node` and everything below it, with the nodes above, nearest last. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode, above: readonly SyntaxNode[]) => void): void {
  const above: SyntaxNode[] = [];
  const step = (current: SyntaxNode): void => {
    visit(current, above);
    above.push(current);
    for (const child of childrenOf(current)) step(child);
    above.pop();
  };
  step(node);
}

/** The name of an identifier node; undefined for anything else. */
export function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? String(node['name']) : undefined;
}
