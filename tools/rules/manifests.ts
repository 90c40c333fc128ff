import { manifestOf, packageFolders, type Repository, type Rule } from './repository.ts';
import { type Finding, packageOf } from './tree.ts';

const exactVersion = /^(\d+\.\d+\.\d+(-[\w.]+)?|file:\.\/.+)$/;

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

interface LockEntry extends Partial<Record<(typeof kinds)[number], Readonly<Record<string, string>>>> {
  readonly resolved?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

/** Packages for other platforms that the registry this lock was made with does not have: nobody knows a hash. */
const unserved: readonly RegExp[] = [
  /^@node-llama-cpp\/(linux-riscv64|mac-.+|win-.+)$/,
  /^node-(bin-)?darwin-(arm64|x64)$/,
];

/** Whether npm could install an entry without comparing what it got. */
function isUnchecked(location: string, { version, integrity, link }: LockEntry): boolean {
  const [name = ''] = location.split('node_modules/').slice(-1);
  const isFetched = location.includes('node_modules/') && version !== undefined && link !== true;
  return isFetched && integrity === undefined && !unserved.some((each) => each.test(name));
}

function inManifest(repository: Repository, folder: string): Finding[] {
  const path = folder === '' ? 'package.json' : `${folder}/package.json`;
  const own = manifestOf(repository.files, folder);
  const findings: Finding[] = [];
  const report = (sentence: string) => findings.push({ path, line: 0, sentence });
  if (own.license !== 'Apache-2.0') report('Set "license" to "Apache-2.0".');
  const { version } = manifestOf(repository.files, '');
  if (own.version !== version) report(`Set "version" to ${version}, as in the root: one release holds all packages.`);
  const declared = { ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies };
  for (const [name, version] of Object.entries(declared)) {
    if (!exactVersion.test(version)) report(`${name} is "${version}". Pin one exact version.`);
  }
  const imported = new Set<string>();
  for (const each of [...repository.imports.values()].flat()) {
    const name = each.specifier.split('/', each.specifier.startsWith('@') ? 2 : 1).join('/');
    if (packageOf(each.from) === folder) imported.add(name);
  }
  for (const name of Object.keys(own.dependencies ?? {})) {
    if (!imported.has(name)) report(`Nothing in ${folder} imports ${name}. Remove it.`);
  }
  return findings;
}

/** Dependencies in one order, to compare them. */
function listed(entries: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(entries ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function inLock(repository: Repository): Finding[] {
  const path = 'package-lock.json';
  const packages: Record<string, LockEntry> = JSON.parse(repository.files.get(path) ?? '{"packages":{}}').packages;
  const findings: Finding[] = [];
  for (const folder of ['', ...packageFolders(repository.files)]) {
    const [own, locked] = [manifestOf(repository.files, folder), packages[folder]];
    if (kinds.every((kind) => listed(own[kind]) === listed(locked?.[kind]))) continue;
    const sentence = `It differs from ${folder || '.'}/package.json. Run npm install --package-lock-only.`;
    findings.push({ path, line: 0, sentence });
  }
  const locations = Object.keys(packages);
  for (const [location, entry] of Object.entries(packages)) {
    if (entry.resolved?.includes('://')) {
      const sentence = `${location} names a registry. Set omit-lockfile-registry-resolved=true and lock again.`;
      findings.push({ path, line: 0, sentence });
    }
    if (isUnchecked(location, entry)) {
      const sentence = `${location} has no integrity. Take it from npm view NAME@VERSION dist.integrity.`;
      findings.push({ path, line: 0, sentence });
    }
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (locations.some((each) => each.endsWith(`node_modules/${name}`))) continue;
      const sentence = `${name}, optional for ${location || 'the root'}, is not locked. npm ci refuses such a file.`;
      findings.push({ path, line: 0, sentence });
    }
  }
  return findings;
}

/** Exact versions, used dependencies, one licence, a lock file that any registry can serve and that says what came. */
export const manifests: Rule = {
  name: 'manifests pin exact versions and the lock names no registry',
  check: (repository) => [
    ...['', ...packageFolders(repository.files)].flatMap((folder) => inManifest(repository, folder)),
    ...inLock(repository),
  ],
};
