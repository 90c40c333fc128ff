import { ParamsJson } from '@assay/client';
import { Params } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { fields } from '../table.ts';

export const paramsShowCommand = defineCommand({
  name: 'params show',
  summary: 'The parameters in force, by the names that `--set` and votes give them.',
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
  print: ({ params }, { path = '' }) => fields(leaves(params, path)),
});

function at(params: unknown, path: string): unknown {
  const found = path.split('.').reduce<unknown>((group, name) => (isGroup(group) ? group[name] : undefined), params);
  if (found !== undefined) return found;
  throw new CliError('notFound', `There is no parameter "${path}"; \`assay params show\` lists them.`);
}

function leaves(value: unknown, path: string): [string, string][] {
  if (!isGroup(value)) return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, part]) => leaves(part, path === '' ? name : `${path}.${name}`));
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
