import { formatUnits, NodeCondition, Status } from '@assay/client';
import { fields } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { conditionLines } from '../node-lines.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Where the chain stands, how far this node is, and why its roles do not earn.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: Status.extend({ node: NodeCondition }),
  run: async ({ client }) => {
    const [status, node] = await Promise.all([client().getStatus(), client().getNode()]);
    return { ...status, node };
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
    return [...chain, '', ...conditionLines(status.node)];
  },
});
