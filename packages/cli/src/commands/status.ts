import { formatUnits, NodeCondition, OpenCase, Status } from '@assay/client';
import { fields } from '@assay/explain/table';
import { z } from 'zod';
import { waitingLines } from '../case-lines.ts';
import { defineCommand } from '../command.ts';
import { conditionLines } from '../node-lines.ts';
import { isMember, keysThat, openCasesOf } from '../open-cases.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Where the chain stands, how far this node is, and why its roles do not earn.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: Status.extend({
    node: NodeCondition,
    /** The undecided cases that wait for the foundation. */
    waiting: z.array(OpenCase),
    /** Names of the keys of the data directory that are of its members. */
    members: z.array(z.string()),
  }),
  run: async (invocation) => {
    const node = invocation.client();
    const [status, condition, open] = await Promise.all([node.getStatus(), node.getNode(), openCasesOf(node)]);
    const waiting = open.filter((row) => row.status === 'review');
    if (waiting.length === 0) return { ...status, node: condition, waiting, members: [] };
    const params = await node.getParams();
    const members = await keysThat((address) => isMember(params, address), invocation);
    return { ...status, node: condition, waiting, members };
  },
  print: (status) => {
    const units = (text: string): string => `${formatUnits(BigInt(text))} units`;
    const { certified, audited, approved, rejected, failed, noResult } = status.tasks;
    const chain = fields([
      ['chain', status.chainId],
      ['genesis', status.genesisHash],
      ['height', `${status.height} (a block every ${status.blockTimeMs} ms)`],
      ['state root', status.stateRoot],
      ['epoch', `${status.epoch} (${status.epochBlocks} blocks each)`],
      ['tasks', `${certified} certified · ${audited} audited · ${approved} approved · ${rejected} rejected`],
      ['rejected', `${failed} failed their audit · ${noResult} had an audit without a result`],
      ['paid', units(status.paidUnits)],
      ['minted', units(status.mintedUnits)],
      ['burned', units(status.burnedUnits)],
      ['treasury', units(status.treasuryUnits)],
    ]);
    const reminder = waitingLines(status.waiting, status.members.length > 0, status);
    const cases = reminder.length === 0 ? [] : ['', ...reminder];
    return [...chain, '', ...conditionLines(status.node), ...cases];
  },
});
