import { resolve } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { type FoundNode, networkOf } from '../network/nodes.ts';
import { dirInput, dirOption, hostOption } from '../network/options.ts';
import { openFront } from '../network/sessions.ts';
import { bringUp } from '../network/up.ts';
import { lagText } from '../node-lines.ts';
import { LiveLine } from '../terminal.ts';
import { untilAskedToStop } from '../until-asked-to-stop.ts';
import { frontLines } from '../welcome.ts';

const quietMs = 10_000;

const line = z.discriminatedUnion('event', [
  z.object({ event: z.literal('started'), node: z.string(), pid: z.int() }),
  z.object({ event: z.literal('nodeReady'), node: z.string(), api: z.string(), height: z.int() }),
  z.object({
    event: z.literal('ready'),
    nodes: z.int(),
    /** Of a gateway; null where there is none, or nobody pays for a session. */
    api: z.string().nullable(),
    apiKey: z.string().nullable(),
    invitation: z.string(),
  }),
]);

export const networkUpCommand = defineCommand({
  name: 'network up',
  summary: 'Start every node of a network as a process of its own, and wait until all are ready.',
  arguments: [],
  options: [dirOption, hostOption],
  input: dirInput,
  output: line,
  streams: true,
  run: async ({ input, json, terminal, environment }) => {
    const dir = resolve(input.dir);
    const { network, nodes } = await networkOf(dir, input.host);
    const say = (event: z.infer<typeof line>, text: readonly string[]) => {
      live.end();
      if (json) terminal.out.write(`${JSON.stringify(event)}\n`);
      else for (const each of text) terminal.out.write(`${each}\n`);
    };
    const live = new LiveLine(json ? terminal.note : terminal.out, quietMs);
    const found = await bringUp(dir, nodes, {
      askedToStop: untilAskedToStop(),
      events: {
        onStarted: ({ name }, pid) => say({ event: 'started', node: name, pid }, [`… ${name}: process ${pid}`]),
        onReady: ({ node, api, condition }) => {
          const height = condition?.height ?? 0;
          say({ event: 'nodeReady', node: node.name, api: api ?? '', height }, [
            `✓ ${node.name}: ready, height ${height}`,
          ]);
        },
        onWaiting: (waiting) => live.show(waitingLine(waiting)),
      },
    });
    live.end();
    if (found === null) {
      throw new CliError('interrupted', `The nodes go on starting. \`assay network down --dir ${dir}\` ends them.`);
    }
    const front = await openFront(dir, found, environment);
    const { invitation } = network;
    const ready = {
      event: 'ready' as const,
      nodes: found.length,
      api: front === null ? null : `${front.api}/v1`,
      apiKey: front?.apiKey ?? null,
      invitation,
    };
    const more = front === null ? ['No gateway has a session here.'] : frontLines(front);
    say(ready, ['', `All ${found.length} nodes run. \`assay network down --dir ${dir}\` ends them.`, '', ...more]);
    return ready;
  },
  print: () => [],
});

function waitingLine(waiting: readonly FoundNode[]): string {
  const [first] = waiting;
  if (first === undefined) return '';
  const { node, condition } = first;
  const state = condition === null ? 'starts' : `height ${condition.height}, ${stateOf(condition)}`;
  return `Waiting for ${waiting.length}: ${node.name} ${state}`;
}

function stateOf({ isCurrent, lagBlocks, lagSeconds }: NonNullable<FoundNode['condition']>): string {
  return isCurrent ? 'its roles are on their way' : lagText(lagBlocks, lagSeconds);
}
