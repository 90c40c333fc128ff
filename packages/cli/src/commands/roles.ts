import { type LocalRole, LocalRoles } from '@assay/client';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { readNodeFile } from '../location.ts';

export const rolesCommand = defineCommand({
  name: 'roles',
  summary: "The roles of the node's process; `stop NAME` and `start NAME` switch one.",
  arguments: [
    { syntax: '[action]', description: 'stop or start' },
    { syntax: '[name]', description: 'the role, as the list names it' },
  ],
  options: [],
  input: z
    .object({
      action: z.enum(['stop', 'start'], 'A role can be told to stop or to start.').optional(),
      name: z.string().optional(),
    })
    .refine(({ action, name }) => (action === undefined) === (name === undefined), {
      error: 'Name the role: assay roles stop NAME.',
    }),
  output: LocalRoles,
  run: async ({ client, input, dataDir, environment }) => {
    const node = client();
    if (input.action !== undefined && input.name !== undefined) {
      const adminToken = environment.ASSAY_ADMIN_TOKEN ?? readNodeFile(dataDir)?.adminToken;
      if (adminToken === undefined) {
        throw new CliError(
          'refused',
          `This needs the admin token of the node: name its data directory with --data, or set ASSAY_ADMIN_TOKEN.`,
        );
      }
      await node.setRole({ name: input.name, running: input.action === 'start', adminToken });
    }
    return node.getRoles();
  },
  print: ({ roles }) =>
    table(
      ['role', 'kind', 'state', 'address'],
      roles.map((role) => [role.name, role.kind, stateOf(role), role.address]),
    ),
});

function stateOf({ running, hasKey }: LocalRole): string {
  if (!running) return 'stopped';
  return hasKey ? 'running' : 'without its key';
}
