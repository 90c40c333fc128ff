import { formatUnits, Status } from '@assay/client';
import { fields } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Where the chain stands.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: Status,
  run: ({ client }) => client().getStatus(),
  print: (status) => {
    const units = (text: string): string => `${formatUnits(BigInt(text))} units`;
    const { certified, audited, approved, rejected } = status.tasks;
    return fields([
      ['chain', status.chainId],
      ['genesis', status.genesisHash],
      ['height', `${status.height} (a block every ${status.blockTimeMs} ms)`],
      ['state root', status.stateRoot],
      ['epoch', `${status.epoch} (${status.epochBlocks} blocks each)`],
      ['tasks', `${certified} certified · ${audited} audited · ${approved} approved · ${rejected} rejected`],
      ['paid', units(status.paidUnits)],
      ['minted', units(status.mintedUnits)],
      ['burned', units(status.burnedUnits)],
      ['treasury', units(status.treasuryUnits)],
    ]);
  },
});
