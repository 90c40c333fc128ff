import { z } from 'zod';
import { type Command, defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';

/** What a failed command answers with `--json`. */
const failureDocument = z.object({
  error: z.object({ code: z.string(), exitCode: z.int(), message: z.string() }),
});

/** The command that publishes the answers of `commands`. */
export function schemaCommandOf(commands: readonly Command[]): Command {
  return defineCommand({
    name: 'schema',
    summary: 'The JSON Schema of what a command answers with --json; `schema failure` of what a failed one does.',
    arguments: [{ syntax: '[command...]', description: 'its words, as in `assay schema receipt verify`' }],
    options: [],
    input: z.object({ command: z.array(z.string()).default([]) }),
    output: z.record(z.string(), z.unknown()),
    run: async ({ input }) => {
      const name = input.command.join(' ');
      const schema = name === 'failure' ? failureDocument : commands.find((command) => command.name === name)?.output;
      if (schema === undefined) {
        const names = commands.map((command) => command.name).join(', ');
        throw new CliError('usage', `"${name}" is no command with a schema; these are: ${names}, failure.`);
      }
      return z.toJSONSchema(schema);
    },
    print: (schema) => JSON.stringify(schema, null, 2).split('\n'),
  });
}
