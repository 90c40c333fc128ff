import type { Rule } from './repository.ts';
import { nameOf, type Source, type SyntaxNode, walk } from './syntax.ts';
import type { Finding } from './tree.ts';

const maxFileLines = 400;
const maxFunctionLines = 70;
const maxLineLength = 120;
const maxNesting = 3;
const maxFolderDepth = 3;

const isFunction = (node: SyntaxNode): boolean =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
const nests = (node: SyntaxNode): boolean =>
  /^((If|For|ForIn|ForOf|While|DoWhile|Switch|Try)Statement)$/.test(node.type);

/** Callbacks of `describe`, and of `describe.each(rows)` and the like, hold many tests, each a function of its own. */
function isSuite(above: readonly SyntaxNode[]): boolean {
  const call = above.at(-1);
  if (call?.type !== 'CallExpression') return false;
  const callee = call['callee'] as SyntaxNode;
  const form = callee.type === 'CallExpression' ? (callee['callee'] as SyntaxNode)['object'] : callee;
  return nameOf(form) === 'describe';
}

/** Nested statements from the nearest function down to `node`; an else-if continues its if. */
function nestingOf(node: SyntaxNode, above: readonly SyntaxNode[]): number {
  let depth = 1;
  let below = node;
  for (const outer of above.toReversed()) {
    if (isFunction(outer)) break;
    if (nests(outer) && !(outer.type === 'IfStatement' && outer['alternate'] === below)) depth += 1;
    below = outer;
  }
  return depth;
}

function inSyntax(source: Source): Finding[] {
  const findings: Finding[] = [];
  const { path } = source;
  walk(source.tree, (node, above) => {
    const line = source.lineOf(node.start);
    const lines = source.lineOf(node.end) - line + 1;
    if (isFunction(node) && lines > maxFunctionLines && !isSuite(above)) {
      findings.push({
        path,
        line,
        sentence: `A function of ${lines} lines; at most ${maxFunctionLines}. Name its parts.`,
      });
    }
    if (nests(node) && nestingOf(node, above) === maxNesting + 1) {
      findings.push({
        path,
        line,
        sentence: `Nested deeper than ${maxNesting}. Return early, or name the inner part.`,
      });
    }
  });
  return findings;
}

/** Files, functions and lines a reader can hold in mind. */
export const size: Rule = {
  name: 'files, functions, lines and nesting stay small',
  check(repository) {
    const findings = repository.sources.flatMap(inSyntax);
    for (const [path, text] of repository.files) {
      if (!/\.(ts|mjs)$/.test(path)) continue;
      const lines = text.trimEnd().split('\n');
      if (lines.length > maxFileLines) {
        findings.push({
          path,
          line: 0,
          sentence: `${lines.length} lines; at most ${maxFileLines}. Split it by concern.`,
        });
      }
      for (const [index, each] of lines.entries()) {
        if (each.length <= maxLineLength) continue;
        const sentence = `${each.length} characters; at most ${maxLineLength}. Break the line.`;
        findings.push({ path, line: index + 1, sentence });
      }
      const folders = /\/src\/(.*)\/[^/]+$/.exec(path)?.[1]?.split('/').length ?? 0;
      if (folders > maxFolderDepth) {
        findings.push({ path, line: 0, sentence: `${folders} folders below src; at most ${maxFolderDepth}.` });
      }
    }
    return findings;
  },
};
