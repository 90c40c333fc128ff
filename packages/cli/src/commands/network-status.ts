import { resolve } from 'node:path';
import { NodeCondition } from '@assay/client';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { lookAt, networkOf } from '../network/nodes.ts';
import { dirInput, dirOption, hostOption } from '../network/options.ts';
import { duration } from '../node-lines.ts';

const row = z.object({
  name: z.string(),
  /** `silent`: its process is there and does not answer yet. */
  state: z.enum(['running', 'silent', 'died', 'stopped']),
  pid: z.int().nullable(),
  api: z.string().nullable(),
  condition: NodeCondition.nullable(),
});
type Row = z.infer<typeof row>;

export const networkStatusCommand = defineCommand({
  name: 'network status',
  summary: 'How every node of a network is: its process, how far it is, why it does not earn.',
  arguments: [],
  options: [dirOption, hostOption],
  input: dirInput,
  output: z.object({ chainId: z.string(), nodes: z.array(row) }),
  run: async ({ input }) => {
    const dir = resolve(input.dir);
    const { network, nodes } = await networkOf(dir, input.host);
    const found = await Promise.all(nodes.map((node) => lookAt(dir, node)));
    return {
      chainId: network.chainId,
      nodes: found.map(({ node, process, api, condition }): Row => {
        const pid = typeof process === 'number' ? process : null;
        const state =
          process === 'died' ? 'died' : pid === null ? 'stopped' : condition === null ? 'silent' : 'running';
        return { name: node.name, state, pid, api, condition };
      }),
    };
  },
  print: ({ nodes }) => {
    const head = ['node', 'state', 'process', 'height', 'behind', 'connections', 'roles', 'why it does not earn'];
    return table(
      head,
      nodes.map(({ name, state, pid, condition }) => [name, state, String(pid ?? '–'), ...cellsOf(condition)]),
    );
  },
  exit: ({ nodes }) => (nodes.some(({ state }) => state === 'died') ? 'failure' : 'ok'),
});

function cellsOf(condition: NodeCondition | null): string[] {
  if (condition === null) return ['–', '–', '–', '–', ''];
  const { height, isCurrent, lagBlocks, lagSeconds, peers, roles } = condition;
  const behind = isCurrent ? '–' : `${lagBlocks ?? '?'} blocks, ${duration(lagSeconds)}`;
  const running = `${roles.filter((role) => role.running).length} of ${roles.length}`;
  const why = roles.flatMap(({ hindrances }) => hindrances)[0]?.sentence ?? '';
  return [String(height), behind, String(peers ?? '–'), running, why];
}
