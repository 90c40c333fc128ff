import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { dependenciesOf, type Lock } from './dependencies.ts';
import { notices, type Third } from './notices.ts';

export interface Packed {
  /** Path of the tarball. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hash of the tarball as npm and its registries write it. */
  readonly integrity: string;
}

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const write = (path: string, value: unknown) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/**
 * Makes the npm package of the node in `out`: our packages as JavaScript, and of the third-party ones the very files
 * that the lock file names, so that two installations of a release run the same code. Only packages for one platform
 * are left to npm.
 */
export async function makePackage(root: string, out: string): Promise<Packed> {
  const stage = join(out, 'package');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, 'bin'), { recursive: true });
  for (const name of ['assay.mjs', 'launch.mjs']) cpSync(join(root, 'tools', name), join(stage, 'bin', name));
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) cpSync(join(root, name), join(stage, name));

  const { files, imports } = await bundle(root);
  for (const [name, content] of files) {
    mkdirSync(dirname(join(stage, 'lib', name)), { recursive: true });
    writeFileSync(join(stage, 'lib', name), content);
  }

  const lock: Lock = read(join(root, 'package-lock.json')).packages;
  const { portable, native } = dependenciesOf(lock, imports);
  const third = portable.map((folder) => copyPackage({ root, stage, folder, version: lock[folder]?.version }));
  writeFileSync(join(stage, 'NOTICES.md'), notices(third));

  const { name, version, description, license, type, engines } = read(join(root, 'package.json'));
  write(join(stage, 'package.json'), {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { assay: 'bin/assay.mjs' },
    files: ['bin', 'lib', 'CHANGELOG.md', 'NOTICES.md'],
    dependencies: Object.fromEntries(imports.map((each) => [each, lock[`node_modules/${each}`]?.version])),
    bundleDependencies: imports,
    optionalDependencies: native,
  });
  return pack(stage, out);
}

interface Copy {
  readonly root: string;
  readonly stage: string;
  readonly folder: string;
  readonly version: string | undefined;
}

/** What Node never loads below node_modules, and the source of llama.cpp, which a release does not build. */
const unused = /\.([cm]?ts|map)$|^gitRelease\.bundle$/;

/** Copies an installed package; npm must find nothing in it to run or to fetch, and its Node is the pinned one. */
function copyPackage({ root, stage, folder, version }: Copy): Third {
  const [from, to] = [join(root, folder), join(stage, folder)];
  const manifest: Record<string, unknown> = read(join(from, 'package.json'));
  for (const field of ['scripts', 'optionalDependencies', 'engines']) delete manifest[field];
  if (manifest.version !== version) {
    throw new Error(`${folder} holds ${manifest.version}, not the locked ${version}. Run npm ci.`);
  }
  const isCopied = (path: string) => basename(path) !== 'node_modules' && !unused.test(basename(path));
  cpSync(from, to, { recursive: true, filter: (path) => path === from || isCopied(path) });
  write(join(to, 'package.json'), { ...manifest, gypfile: false });
  return { folder, manifest, files: readdirSync(to) };
}

function pack(stage: string, out: string): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', '..'];
  const stdout = execFileSync('npm', args, { cwd: stage, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
  const { filename, size, integrity } = Object.values(JSON.parse(stdout.toString()))[0] as PackReport;
  return { path: join(out, filename), sizeBytes: size, integrity };
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly integrity: string;
}
