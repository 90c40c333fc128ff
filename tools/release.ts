import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { refusals } from './release/refusals.ts';
import { makePackage } from './release/stage.ts';

/** `npm run release`: the npm package of this commit in `dist/`, installed from there, tried, ready to be published. */
const root = dirname(import.meta.dirname);
const out = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const changes = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
const found = refusals({ version, changes, changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8') });
if (found.length > 0) {
  console.error(found.join('\n'));
  process.exit(1);
}

mkdirSync(out, { recursive: true });
const { path, sizeBytes, integrity } = await makePackage(root, out);
const tarball = relative(root, path);
console.log(`${tarball}, ${(sizeBytes / 1e6).toFixed(1)} MB, ${integrity}`);
console.log('Now npm installs it with an empty cache, and a network of it answers a prompt …');

const test = ['node_modules/vitest/vitest.mjs', 'run', 'test/e2e/package.test.ts'];
const env = { ...process.env, ASSAY_TARBALL: path };
const tried = spawnSync(process.execPath, test, { cwd: root, env, stdio: 'inherit' });
if (tried.status !== 0) {
  console.error(`${tarball} does not do what it should; the lines above say where. Nothing was published.`);
  process.exit(1);
}
console.log(`
Nothing is published yet. To publish this commit:
  git tag -s v${version} && git push origin v${version}
  npm publish ./${tarball}
Whoever has the file can run it without a registry of ours:
  npx ./${tarball} up`);
