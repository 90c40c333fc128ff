import { ParamsJson } from '@assay/client';
import { fields } from '@assay/explain/table';
import { Params, parameterPaths } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';

export const paramsShowCommand = defineCommand({
  name: 'params show',
  summary: 'The parameters in force, by the names that `--set` and votes give them, and what each is for.',
  arguments: [{ syntax: '[path]', description: 'one of them, or a group: stake' }],
  options: [],
  input: z.object({ path: z.string().optional() }),
  output: z.object({
    /** Everything, or what the path names. */
    params: z.union([ParamsJson, z.json()]),
  }),
  run: async ({ client, input: { path } }) => {
    const params = Params.toJson(await client().getParams());
    return { params: z.json().parse(path === undefined ? params : at(params, path)) };
  },
  print: ({ params }, { path = '' }) => explained(leaves(params, path)),
});

function at(params: unknown, path: string): unknown {
  const found = path
    .split('.')
    .reduce<unknown>((group, name) => (isGroup(group) && Object.hasOwn(group, name) ? group[name] : undefined), params);
  if (found !== undefined) return found;
  throw new CliError('notFound', `There is no parameter "${path}"; \`assay params show\` lists them.`);
}

/** Values longer than this, lists of addresses, do not push what all others are for off the screen. */
const shownWidth = 20;

/** Each path with its value and what it is for. */
function explained(values: readonly [string, string][]): string[] {
  const lines = fields(values);
  const width = Math.max(
    0,
    ...lines.flatMap((line, i) => ((values[i]?.[1].length ?? 0) > shownWidth ? [] : [line.length])),
  );
  return lines.map((line, i) =>
    `${line.padEnd(width)}  ${parameterPaths.get(values[i]?.[0] ?? '')?.why ?? ''}`.trimEnd(),
  );
}

function leaves(value: unknown, path: string): [string, string][] {
  if (!isGroup(value)) return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, part]) => leaves(part, path === '' ? name : `${path}.${name}`));
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
