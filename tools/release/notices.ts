/** A third-party package as it lies in a release. */
export interface Third {
  readonly folder: string;
  /** Its package.json. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Names of its files. */
  readonly files: readonly string[];
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/** Licences that let a copy be passed on with their text and no more. */
const permissive = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)$/;

/** Where the text stands of a package that brings none: Apache's is that of our own licence. */
const bringing = [
  ['MIT', 'below'],
  ['Apache-2.0', 'LICENSE'],
] as const;

/** Who made what a release holds, under which licence. Throws on a licence that nobody has looked at. */
export function notices(packages: readonly Third[]): string {
  const rows = packages.map(({ folder, manifest, files }) => {
    const { name, version, license } = manifest;
    const choices = String(license).replace(/[()]/g, '').split(' OR ');
    if (!choices.some((each) => permissive.test(each))) {
      throw new Error(
        `${name} ${version} has the licence "${license}". Read it, then add it in tools/release/notices.ts.`,
      );
    }
    const text = files.find((file) => /^(licen[cs]e|copying)/i.test(file));
    const brought = bringing.find(([each]) => choices.includes(each))?.[1];
    if (text === undefined && brought === undefined)
      throw new Error(`${name} ${version} comes without its licence's text.`);
    const place = text === undefined ? `${brought}; ${author(manifest)}` : `${folder}/${text}`;
    return `| ${name} ${version} | ${license} | ${place} |`;
  });
  const table = ['| package | licence | text |', '|---|---|---|', ...rows].join('\n');
  return `# What is in this package and is not ours\n\n${table}\n\n## MIT\n\n${mit}`;
}

function author({ author: own, repository }: Readonly<Record<string, unknown>>): string {
  const nameIn = (value: unknown) =>
    typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : null;
  const urlIn = (value: unknown) => (typeof value === 'object' && value !== null && 'url' in value ? value.url : value);
  return `copyright ${nameIn(own) ?? own ?? 'its authors'}, ${urlIn(repository) ?? 'npm'}`;
}
