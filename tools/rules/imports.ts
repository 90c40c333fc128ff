import { dirname, join } from 'node:path/posix';
import { isNode, nameOf, type Source, type SyntaxNode, walk } from './syntax.ts';
import { packageOf, type Tree } from './tree.ts';

/** One import, export-from, dynamic import or import type. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  /** Imported names as the other file exports them; `*` for all of them. */
  readonly names: readonly string[];
  /** Gone after type stripping. */
  readonly typeOnly: boolean;
  /** Path of the imported file when it is one of ours. */
  readonly target: string | null;
}

function specifierNames(node: SyntaxNode): string[] {
  if (node.type !== 'ImportDeclaration' && node.type !== 'ExportNamedDeclaration') return ['*'];
  const specifiers = (node['specifiers'] as SyntaxNode[]) ?? [];
  return specifiers.map((specifier) => {
    if (specifier.type === 'ImportSpecifier') return nameOf(specifier['imported']) ?? '*';
    if (specifier.type === 'ExportSpecifier') return nameOf(specifier['local']) ?? '*';
    return specifier.type === 'ImportDefaultSpecifier' ? 'default' : '*';
  });
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = (node['specifiers'] as SyntaxNode[] | undefined) ?? [];
  return (
    specifiers.length > 0 && specifiers.every((each) => each['importKind'] === 'type' || each['exportKind'] === 'type')
  );
}

/** The file that an import of one of our packages means, by the `exports` of its package.json. */
function packageTarget(specifier: string, files: Tree): string | null {
  const [, name, subpath] = /^@assay\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name === undefined) return null;
  const manifest = files.get(`packages/${name}/package.json`);
  const exported = manifest === undefined ? {} : ((JSON.parse(manifest).exports ?? {}) as Record<string, string>);
  const declared = exported[subpath === undefined ? '.' : `./${subpath}`] ?? (subpath && exported['./*']);
  if (declared === undefined || declared === '') return null;
  return join('packages', name, declared.replace('*', subpath ?? ''));
}

/** The imports of `source`. */
export function importsOf(source: Source, files: Tree): Import[] {
  const found: Import[] = [];
  walk(source.tree, (node) => {
    if (!/^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(node.type)) return;
    const literal = node['source'];
    if (!isNode(literal) || typeof literal['value'] !== 'string') return;
    const specifier = literal['value'];
    const target = specifier.startsWith('.') ? join(dirname(source.path), specifier) : packageTarget(specifier, files);
    const line = source.lineOf(node.start);
    found.push({ from: source.path, line, specifier, target, names: specifierNames(node), typeOnly: isTypeOnly(node) });
  });
  return found;
}

/** Whether an import crosses from one package (or the world outside packages) into another. */
export function crosses(each: Import): boolean {
  return each.target !== null && packageOf(each.target) !== packageOf(each.from);
}
