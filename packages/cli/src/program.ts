import { createClient } from '@assay/client';
import { version } from '@assay/node/version';
import { Command as Commander, CommanderError } from 'commander';
import { z } from 'zod';
import type { Command, Invocation } from './command.ts';
import { commands } from './commands.ts';
import { type ExitName, exitCodes } from './exit-codes.ts';
import { CliError, type Failure, failureOf } from './failures.ts';
import { assayHome } from './home.ts';
import { dataDirectory, nodeUrl } from './location.ts';
import type { Terminal } from './terminal.ts';

export interface Host {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
}

const sharedOptions = z.object({
  json: z.boolean().default(false),
  verbose: z.boolean().default(false),
  api: z.string().optional(),
  data: z.string().optional(),
});

/** Parses the words, runs the command they name, writes its answer or its failure, and resolves to the exit code. */
export async function runProgram(words: readonly string[], host: Host): Promise<number> {
  let exit: ExitName = 'ok';
  const program = buildProgram(host, (reached) => {
    exit = reached;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok.code;
    const failure = error instanceof CommanderError ? usageFailure(error, words) : failureOf(error);
    report(failure, error, { words, host });
    exit = failure.exit;
  }
  return exitCodes[exit].code;
}

function buildProgram(host: Host, reached: (exit: ExitName) => void): Commander {
  const program = new Commander('assay')
    .description('An open network for AI inference that pays only for work it has tested.')
    .version(version, '--version', 'print the version of this program')
    .showSuggestionAfterError()
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => host.terminal.out.write(text),
      writeErr: () => {},
    });
  for (const command of commands) {
    const words = command.name.split(' ');
    const parent = words.length === 1 ? program : groupOf(program, words[0] ?? '');
    const entry = parent
      .command(words.at(-1) ?? '')
      .description(command.summary)
      .copyInheritedSettings(program);
    for (const { syntax, description } of command.arguments) entry.argument(syntax, description);
    for (const { syntax, description } of command.options) entry.option(syntax, description);
    entry
      .option('--json', 'answer in JSON; `assay schema` prints the schema')
      .option('--api <URL>', 'address of the node (else ASSAY_API, else the one that runs on the data directory)')
      .option('--data <DIR>', 'data directory (else devnet in ASSAY_HOME, else ~/.assay/devnet)')
      .option('--verbose', 'on a failure, show where in the program it happened')
      .action(async () => {
        const names = entry.registeredArguments.map((argument) => argument.name());
        const named = Object.fromEntries(names.map((name, index) => [name, entry.processedArgs[index]]));
        reached(await command.execute(invocationOf(command, { ...entry.opts(), ...named }, host)));
      });
  }
  return program;
}

function groupOf(program: Commander, name: string): Commander {
  const known = program.commands.find((command) => command.name() === name);
  return (
    known ??
    program
      .command(name)
      .description(groupSummaries[name] ?? '')
      .copyInheritedSettings(program)
  );
}

const groupSummaries: Readonly<Record<string, string>> = {
  receipt: 'Fetch receipts, and check them offline.',
  explain: 'Show every number behind a decision of the network, replayed from its chain.',
  gov: 'Proposals, and what a change of parameters would have done.',
  network: 'A network of many processes: write it, start it, look at it, end it.',
  miner: 'The miners that a node runs.',
  case: 'Cases against stakes: what they are about, and who decides.',
  models: 'The models of the catalogue.',
  'api-key': 'The API keys of a session: list, issue and revoke them.',
  params: 'The parameters, and what they mean, worked out before anybody is bound by them.',
};

function invocationOf(command: Command, raw: Record<string, unknown>, host: Host): Invocation<unknown> {
  const shared = sharedOptions.parse(raw);
  const { environment } = host;
  const read = command.input.safeParse(raw);
  if (!read.success) throw new CliError('usage', read.error.issues.map((issue) => issue.message).join('\n'));
  const dataDir = dataDirectory(shared.data, environment);
  const address = () => nodeUrl({ api: shared.api, dataDir, environment });
  return {
    input: read.data,
    json: shared.json,
    home: assayHome(environment),
    dataDir,
    isDataNamed: shared.data !== undefined,
    terminal: host.terminal,
    environment,
    isNodeNamed: (shared.api ?? environment['ASSAY_API']) !== undefined,
    nodeUrl: address,
    client: () => createClient({ baseUrl: address() }),
  };
}

function usageFailure(error: CommanderError, [group = '']: readonly string[]): Failure {
  const sentence = error.message.replace(/^error: /, '').trim();
  const words = Object.hasOwn(groupSummaries, group) ? `assay ${group}` : 'assay';
  const message = error.code === 'commander.help' ? `Name a command; \`${words} --help\` lists them.` : sentence;
  return { exit: 'usage', code: 'usage', message };
}

function report(failure: Failure, error: unknown, run: { words: readonly string[]; host: Host }): void {
  const { out, note } = run.host.terminal;
  const { code, message, exit } = failure;
  if (run.words.includes('--json')) {
    out.write(`${JSON.stringify({ error: { code, exitCode: exitCodes[exit].code, message } })}\n`);
  } else {
    note.write(`${message}\n`);
  }
  if (run.words.includes('--verbose') && error instanceof Error) note.write(`${error.stack ?? ''}\n`);
}
