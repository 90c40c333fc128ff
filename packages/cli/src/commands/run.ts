import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { RunLog, runLine, runShown } from '../run-shown.ts';
import { untilAskedToStop } from '../until-asked-to-stop.ts';

export const runCommand = defineCommand({
  name: 'run',
  summary: 'Run the node of a data directory, as its config.json says; Ctrl-C ends it.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: runLine,
  streams: true,
  run: async ({ dataDir, home, terminal, json }) => {
    const askedToStop = untilAskedToStop();
    const log = new RunLog({ terminal, json });
    await runShown({
      dataDir,
      home,
      terminal,
      log,
      askedToStop,
      onReady: () => {},
    });
    return { event: 'stopped' as const };
  },
  print: () => [],
});
