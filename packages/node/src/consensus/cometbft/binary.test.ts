import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCometBft } from './binary.ts';

describe('the CometBFT that is started §18.3', () => {
  let dir = '';
  let lines: string[] = [];
  const log = (line: string) => lines.push(line);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-comet-binary-'));
    lines = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const find = (options: { given?: string; go?: string }) =>
    findCometBft({ ...options, log, module: join(dir, 'tools/cometbft'), cache: join(dir, 'cache') });
  const script = (name: string, body: string) => {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const goOf = (version: string, body = 'exit 1') =>
    script('go', `if [ "$1" = version ]; then echo "go version go${version} linux/amd64"; exit; fi\n${body}`);
  const withModule = () => {
    mkdirSync(join(dir, 'tools/cometbft'), { recursive: true });
    writeFileSync(join(dir, 'tools/cometbft/go.sum'), '');
  };

  it('is the given one, which says 0.39.0 of itself', async () => {
    const given = script('given', 'echo 0.39.0');
    expect(await find({ given })).toBe(given);
    expect(lines).toEqual([]);
  });

  it.each([
    ['another version', () => script('old', 'echo 0.38.17'), /prints "0.38.17"/],
    ['no program', () => join(dir, 'nothing'), /nothing is no CometBFT 0.40.0/],
  ])('is never %s', async (_, make, words) => {
    const found = find({ given: make() });
    await expect(found).rejects.toMatchObject({ code: 'COMETBFT_UNAVAILABLE' });
    await expect(found).rejects.toThrow(words);
  });

  it('is built once by Go, with progress, from the pinned module', async () => {
    withModule();
    const go = goOf(
      '1.26.8',
      `echo "$PWD $*" >> ${dir}/calls\nprintf '#!/bin/sh\\necho 0.39.0\\n' > "$5"; chmod 755 "$5"`,
    );
    const path = await find({ go });
    expect(await find({ go })).toBe(path);
    const calls = readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/tools\/cometbft build -mod=readonly -trimpath -o .* github.com\/cometbft\/cometbft\/cmd/);
    expect(lines).toHaveLength(2);
  });

  it.each([
    ['there is no Go', () => join(dir, 'no-go'), /no Go to build it with/],
    ['Go is too old', () => goOf('1.24.3'), /takes Go 1.25, and this one is 1.24/],
    ['the build fails', () => goOf('1.25.0', 'echo no route to the proxy >&2; exit 1'), /no route to the proxy/],
  ])('is missed with the line that installs it when %s', async (_, go, words) => {
    withModule();
    const found = find({ go: go() });
    await expect(found).rejects.toThrow(words);
    await expect(found).rejects.toThrow(/go install github.com\/cometbft\/cometbft\/cmd\/cometbft@v0.40.0/);
  });

  it('is pinned with the hashes of all it is made of', () => {
    const module = join(import.meta.dirname, '../../../../../tools/cometbft');
    expect(readFileSync(join(module, 'go.mod'), 'utf8')).toContain('github.com/cometbft/cometbft v0.40.0 ');
    expect(readFileSync(join(module, 'go.sum'), 'utf8')).toMatch(/^github.com\/cometbft\/cometbft v0.40.0 h1:/m);
  });
});
