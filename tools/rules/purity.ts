import type { Import } from './imports.ts';
import type { Repository, Rule } from './repository.ts';
import { isNode, nameOf, type Source, type SyntaxNode, walk } from './syntax.ts';
import { type Finding, isTest } from './tree.ts';

const time = 'Take the time from the block or the event.';
const effect = 'Return an effect; the service performs it.';
const argument = 'Pass what is needed as an argument.';
const integers = 'Use integers: base units, PPB, millionths.';
const edges = 'Text for people is made at the edges.';
const locale = 'Locales differ between machines; compare with <, change case without one.';
const runtime = 'Ask the Runtime of the context.';
const garbage = 'When garbage is collected differs between machines; keep a plain reference.';

/** Globals that let the world in, or differ between machines, with what to use instead. */
const bannedGlobals = new Map([
  ...['Date', 'performance'].map((name) => [name, time] as const),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'].map((name) => [name, effect] as const),
  ...['process', 'globalThis', 'crypto'].map((name) => [name, argument] as const),
  ...['parseFloat', 'Float32Array', 'Float64Array'].map((name) => [name, integers] as const),
  ...['WeakRef', 'FinalizationRegistry'].map((name) => [name, garbage] as const),
  ['Intl', edges],
  ['Buffer', 'Use Uint8Array; it exists in browsers too.'],
  ['console', 'Return a result or an event.'],
]);
const bannedMembers = new Map([
  ...['toFixed', 'toPrecision', 'toExponential', 'toLocaleString'].map((name) => [name, edges] as const),
  ...['toLocaleLowerCase', 'toLocaleUpperCase', 'localeCompare'].map((name) => [name, locale] as const),
  ['parseFloat', integers],
]);
const integerMath = new Set(['abs', 'max', 'min', 'sign', 'clz32', 'imul']);
const rounding = new Set(['floor', 'ceil', 'trunc']);

/** Globals by which time, chance or the machine come in past the Runtime. */
const unseeded = new Map(
  [
    ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'crypto'],
    ...['process', 'globalThis', 'fetch', 'console', 'WeakRef', 'FinalizationRegistry'],
  ].map((name) => [name, runtime]),
);
/** Members that do the same, by the object they belong to. */
const unseededMembers = new Map([
  ['Math', 'random'],
  ['AbortSignal', 'timeout'],
]);
/** What nothing that a role imports may import of Node. */
const bringsTimeOrChance = /^node:(timers|perf_hooks|(crypto#(\*|default|random|generate|webcrypto|getRandom)))/;

/** Files that may do what the rule forbids, and why. */
const exempt = new Map([
  ['packages/ssz/src/length-buffer.ts', 'gives browsers the part of Buffer that the SSZ library calls'],
]);

function isPlainReference(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent?.type === 'MemberExpression' || parent?.type === 'TSQualifiedName') {
    return parent['property'] !== node || parent['computed'] === true;
  }
  const isKey = parent !== undefined && parent['key'] === node && parent['computed'] !== true;
  return !isKey || parent?.['shorthand'] === true;
}

/** Names declared in the file as bigint, by annotation or by what they start as; `names` gets them. */
function addBigintNames(source: Source, names: Set<string>, isWanted = (_above: readonly SyntaxNode[]) => true): void {
  walk(source.tree, (node, above) => {
    const name = nameOf(node) ?? nameOf(node['id']);
    if (name === undefined || !isWanted(above)) return;
    const annotation = node['typeAnnotation'];
    const type = isNode(annotation) ? annotation['typeAnnotation'] : undefined;
    if (isNode(type) && type.type === 'TSBigIntKeyword') names.add(name);
    if (node.type === 'VariableDeclarator' && isBigint(node['init'], names)) names.add(name);
  });
}

const isExported = (above: readonly SyntaxNode[]): boolean => above.at(-2)?.type === 'ExportNamedDeclaration';

const lastArgument = (call: SyntaxNode): unknown => (call['arguments'] as unknown[]).at(-1);
const isReduce = (call: SyntaxNode): boolean =>
  isNode(call['callee']) && nameOf(call['callee']['property']) === 'reduce';

/** Whether an expression is a bigint by its looks. The compiler refuses to mix, so one such operand proves both. */
function isBigint(node: unknown, names: ReadonlySet<string>): boolean {
  if (!isNode(node)) return false;
  const either = (...keys: string[]) => keys.some((key) => isBigint(node[key], names));
  switch (node.type) {
    case 'Literal':
      return typeof node['bigint'] === 'string';
    case 'Identifier':
      return names.has(nameOf(node) ?? '');
    case 'CallExpression':
      return nameOf(node['callee']) === 'BigInt' || (isReduce(node) && isBigint(lastArgument(node), names));
    case 'LogicalExpression':
      return either('left', 'right');
    case 'BinaryExpression':
      return /^([-+*/%&|^]|\*\*|<<|>>)$/.test(String(node['operator'])) && either('left', 'right');
    case 'ConditionalExpression':
      return either('consequent', 'alternate');
    case 'UnaryExpression':
      return either('argument');
    case 'ParenthesizedExpression':
      return either('expression');
    default:
      return false;
  }
}

const isNumber = (node: unknown): boolean =>
  isNode(node) && node.type === 'Literal' && typeof node['value'] === 'number';
const isTwo = (node: unknown): boolean => isNode(node) && node['value'] === 2;

function arithmetic(node: SyntaxNode, above: readonly SyntaxNode[], names: ReadonlySet<string>): string | null {
  if (isNumber(node) && !Number.isSafeInteger(node['value'])) return `${node['raw']} is not an integer. ${integers}`;
  const operator = /^(\/|\*\*)=?$/.exec(String(node['operator']))?.[1];
  const { left, right } = node;
  if (operator === undefined || isBigint(left, names) || isBigint(right, names)) return null;
  if (isNumber(left) && isNumber(right)) return null;
  // Powers of two are exact, and so is a rounded quotient of two safe integers (used by roles, never by consensus).
  if (operator === '**' && isTwo(left)) return null;
  if (operator === '/' && isRounded(above)) return null;
  return `"${operator}" on numbers leaves the integers. Use bigint operands, declared as such in this file.`;
}

function isRounded(above: readonly SyntaxNode[]): boolean {
  const callee = above.at(-1)?.['callee'];
  return isNode(callee) && nameOf(callee['object']) === 'Math' && rounding.has(nameOf(callee['property']) ?? '');
}

function member(node: SyntaxNode, above: readonly SyntaxNode[], consensus: boolean): string | null {
  if (node.type !== 'MemberExpression' || node['computed'] === true) return null;
  const property = nameOf(node['property']) ?? '';
  const object = nameOf(node['object']);
  const exact = integerMath.has(property) || (!consensus && rounding.has(property));
  if (object === 'Math' && !exact) return `Math.${property} is not exact. ${integers}`;
  if (object === 'JSON' && property === 'stringify' && !above.some((each) => each.type === 'ThrowStatement')) {
    return 'JSON.stringify has no canonical form. Use the SSZ type.';
  }
  const instead = bannedMembers.get(property);
  if (instead !== undefined) return `${property} is banned here. ${instead}`;
  const call = above.at(-1);
  if (call?.['callee'] !== node || !/^(sort|toSorted)$/.test(property)) return null;
  return (call['arguments'] as unknown[]).length > 0 ? null : `${property}() compares as text. Pass a comparator.`;
}

/** What is wrong with one node of a pure file; null when nothing is. */
function impurity(source: Source, names: ReadonlySet<string>) {
  const consensus = /^packages\/(ssz|protocol|ledger)\//.test(source.path);
  return (node: SyntaxNode, above: readonly SyntaxNode[]): string | null => {
    const name = nameOf(node) ?? '';
    const instead = bannedGlobals.get(name);
    if (instead !== undefined && isPlainReference(node, above.at(-1))) return `${name} is banned here. ${instead}`;
    if (node['async'] === true || node.type === 'AwaitExpression') return `No promises here. ${effect}`;
    return arithmetic(node, above, names) ?? member(node, above, consensus);
  };
}

function isPureByRule(path: string): boolean {
  if (isTest(path) || exempt.has(path)) return false;
  return /^packages\/((ssz|protocol|ledger)\/src\/|roles\/src\/(.+\/)?state\.ts$)/.test(path);
}

/** The files for which a rule holds and the files of the same package that they import at run time. */
function withImports(repository: Repository, holds: (path: string) => boolean): Set<string> {
  const found = new Set(repository.sources.map((source) => source.path).filter(holds));
  for (const path of found) {
    for (const { target, typeOnly, specifier } of repository.imports.get(path) ?? []) {
      if (target !== null && !typeOnly && specifier.startsWith('.') && !exempt.has(target)) found.add(target);
    }
  }
  return found;
}

/** ssz, protocol, ledger and the state machines of the roles give the same bytes on every machine. */
export const purity: Rule = {
  name: 'no clock, input, float or locale in ssz, protocol, ledger and role states',
  check(repository) {
    const findings: Finding[] = [];
    const pure = withImports(repository, isPureByRule);
    const constants = new Set<string>();
    for (const source of repository.sources) if (pure.has(source.path)) addBigintNames(source, constants, isExported);
    for (const source of repository.sources.filter(({ path }) => pure.has(path))) {
      const { path } = source;
      for (const { specifier, line } of repository.imports.get(path) ?? []) {
        if (!specifier.startsWith('node:')) continue;
        findings.push({ path, line, sentence: `imports ${specifier}. Only services touch the machine.` });
      }
      const own = new Set(constants);
      addBigintNames(source, own);
      const wrong = impurity(source, own);
      walk(source.tree, (node, above) => {
        const sentence = wrong(node, above);
        if (sentence !== null) findings.push({ path, line: source.lineOf(node.start), sentence });
      });
    }
    return findings;
  },
};

/** Whether a file gets its time and chance from the Runtime alone. */
function isSeededByRule(path: string): boolean {
  if (isTest(path) || path.startsWith('packages/roles/src/simulated/')) return false;
  return /^packages\/(roles\/src\/|node\/src\/(network\/|consensus\/sender\.ts))/.test(path);
}

function unseededImport(path: string, { specifier, names, typeOnly }: Import): string | null {
  if (typeOnly || !specifier.startsWith('node:')) return null;
  const isMeant = (name: string) => isSeededByRule(path) || bringsTimeOrChance.test(`${specifier}#${name}`);
  const wrong = (names.length === 0 ? ['*'] : names).filter(isMeant);
  return wrong.length === 0 ? null : `imports ${wrong.join(', ')} of ${specifier}. ${runtime}`;
}

function unseededName(node: SyntaxNode, above: readonly SyntaxNode[]): string | null {
  const name = nameOf(node) ?? '';
  if (unseeded.has(name) && isPlainReference(node, above.at(-1))) return `${name} is banned here. ${runtime}`;
  if (node.type !== 'MemberExpression') return null;
  const [object, property] = [nameOf(node['object']) ?? '', nameOf(node['property'])];
  return property !== undefined && unseededMembers.get(object) === property
    ? `${object}.${property} is banned here. ${runtime}`
    : null;
}

/** Roles, the network and what they import do the same again with the same Runtime. */
export const seeded: Rule = {
  name: 'no clock, timer or random number in roles but those of the Runtime',
  check(repository) {
    const findings: Finding[] = [];
    const paths = withImports(repository, isSeededByRule);
    for (const source of repository.sources.filter(({ path }) => paths.has(path))) {
      const { path } = source;
      for (const each of repository.imports.get(path) ?? []) {
        const sentence = unseededImport(path, each);
        if (sentence !== null) findings.push({ path, line: each.line, sentence });
      }
      walk(source.tree, (node, above) => {
        const sentence = unseededName(node, above);
        if (sentence !== null) findings.push({ path, line: source.lineOf(node.start), sentence });
      });
    }
    return findings;
  },
};
