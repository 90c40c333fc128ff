import type { Client } from '@assay/client';
import type { z } from 'zod';
import type { ExitName } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** An argument or option as commander writes it: `[address]`, `--limit N`. */
export interface Parameter {
  readonly syntax: string;
  readonly description: string;
}

/** What a command runs in. */
export interface Invocation<Input> {
  readonly input: Input;
  readonly json: boolean;
  /** Where models and networks lie. */
  readonly home: string;
  readonly dataDir: string;
  /** Whether `--data` names it. */
  readonly isDataNamed: boolean;
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether `--api` or ASSAY_API names a node. */
  readonly isNodeNamed: boolean;
  /** The node's root URL. Throws CliError when none is named anywhere. */
  nodeUrl(): string;
  /** A client of the node at `nodeUrl`. */
  client(): Client;
}

/** One command: its words, what it takes, what it answers. Amounts in the answer are strings of base units. */
export interface CommandSpec<Input extends z.ZodType, Output extends z.ZodType> {
  /** `status`, or `receipt verify`: a group and a word. */
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Parameter[];
  readonly options: readonly Parameter[];
  /** Arguments and options by name; a message of it is shown as wrong usage. */
  readonly input: Input;
  /** The published schema: of the one document, or of every line of a command that keeps writing. */
  readonly output: Output;
  run(invocation: Invocation<z.infer<Input>>): Promise<z.infer<Output>>;
  /** Lines for people; none for a command that writes while it runs. */
  print(output: z.infer<Output>, input: z.infer<Input>): readonly string[];
  /** True for a command that wrote its JSON lines itself. */
  readonly streams?: boolean;
  /** The status when it is not `ok`. */
  exit?(output: z.infer<Output>): ExitName;
}

/** A command with its types forgotten, as the program holds it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Parameter[];
  readonly options: readonly Parameter[];
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Runs it and writes its answer; resolves to the status. */
  execute(invocation: Invocation<unknown>): Promise<ExitName>;
}

/** Makes a command of its description. */
export function defineCommand<Input extends z.ZodType, Output extends z.ZodType>(
  spec: CommandSpec<Input, Output>,
): Command {
  return {
    ...spec,
    execute: async (invocation) => {
      const { input } = invocation as Invocation<z.infer<Input>>;
      const output = await spec.run({ ...invocation, input });
      if (invocation.json) {
        if (spec.streams !== true) invocation.terminal.out.write(`${JSON.stringify(output, null, 2)}\n`);
      } else {
        for (const line of spec.print(output, input)) invocation.terminal.out.write(`${line}\n`);
      }
      return spec.exit?.(output) ?? 'ok';
    },
  };
}
