import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

export interface Bundle {
  /** Path below one folder → content; `main.js` is the command line. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Names of the third-party packages that they import. */
  readonly imports: readonly string[];
}

const isOurs = (specifier: string): boolean => /^[./]|^@assay\//.test(specifier);

/** Our packages as JavaScript; entries of other processes and threads, and files that are read, come with them. */
export async function bundle(root: string): Promise<Bundle> {
  const build = await rolldown({
    input: { main: join(root, 'packages/cli/src/main.ts') },
    platform: 'node',
    external: (specifier) => !isOurs(specifier),
    plugins: [namedFiles(root)],
    logLevel: 'warn',
    onLog: (_level, log) => {
      throw new Error(`The bundle would not do what the sources do: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await build.close();
  const specifiers = output.flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []));
  const own = new Set(output.map(({ fileName }) => fileName));
  const imported = specifiers.filter((specifier) => !own.has(specifier) && !isBuiltin(specifier)).map(packageName);
  return {
    files: new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source])),
    imports: [...new Set(imported)].sort(),
  };
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const reference = /new URL\('([^']+)', import\.meta\.url\)/g;
const comment = /\/\*[\s\S]*?\*\/|^\s*\/\/.*/gm;

/**
 * `new URL('file', import.meta.url)` goes on meaning that file: TypeScript becomes an entry, all else is copied. A path
 * that ends in a slash means a folder with the files that lie in it.
 */
function namedFiles(root: string): Plugin {
  return {
    name: 'named files',
    transform(code, id) {
      if (!id.endsWith('.ts')) return null;
      const copy = (file: string, fileName: string): void => {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      };
      const moved = code.replace(reference, (_whole, path: string) => {
        const file = resolve(dirname(id), path);
        if (!existsSync(file)) throw new Error(`${id} names ${path}, which is not there.`);
        const flat = relative(root, file)
          .replaceAll('\\', '/')
          .replaceAll('/src/', '/')
          .replace(/^packages\//, '');
        const name = flat.replaceAll('/', '-').replace(/\.ts$/, '.js');
        if (path.endsWith('/')) for (const each of readdirSync(file)) copy(join(file, each), `${name}/${each}`);
        else if (file.endsWith('.ts')) this.emitFile({ type: 'chunk', id: file, fileName: name });
        else copy(file, name);
        return `new URL(${JSON.stringify(path.endsWith('/') ? `${name}/` : name)}, import.meta.url)`;
      });
      if (code.replace(reference, '').replace(comment, '').includes('import.meta')) {
        throw new Error(`${id}: only new URL('file', import.meta.url) finds a file in the package, too.`);
      }
      return { code: moved };
    },
  };
}
