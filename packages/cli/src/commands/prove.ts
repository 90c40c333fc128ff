import { createClient, ProofKind, RowProofJson, rowProofFromJson, verifyProof } from '@assay/client';
import { BlockHeader } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { accountAddress, taskId, wholeNumber } from '../inputs.ts';
import { nodeUrl } from '../location.ts';

const index = wholeNumber('A session, miner or payout', { min: 0, max: 2 ** 32 - 1 }).transform(String);
const idForms = { account: accountAddress, session: index, miner: index, task: taskId, payout: index } as const;

export const proveCommand = defineCommand({
  name: 'prove',
  summary: 'Fetch a row of the state with its Merkle path, and check it against the root of a block.',
  arguments: [
    { syntax: '<kind>', description: 'account, session, miner, task, or payout of the epoch that was settled last' },
    { syntax: '<id>', description: 'address, index or task id' },
  ],
  options: [{ syntax: '--witness <URL>', description: 'another node, whose block is believed instead' }],
  input: z
    .object({
      kind: z.enum(ProofKind.options, 'There are proofs of an account, a session, a miner, a task and a payout.'),
      id: z.string(),
      witness: z.string().optional(),
    })
    .transform((input, context) => {
      const id = idForms[input.kind].safeParse(input.id);
      for (const { message } of id.error?.issues ?? []) context.addIssue(message);
      return { ...input, id: id.data ?? '' };
    }),
  output: z.object({
    valid: z.boolean(),
    sentence: z.string(),
    reasons: z.array(z.string()),
    /** Whose word the root is. */
    believed: z.string(),
    row: z.record(z.string(), z.unknown()).nullable(),
    proof: RowProofJson,
  }),
  run: async ({ client, input, dataDir, environment }) => {
    const { kind, id, witness } = input;
    const node = client();
    const json = await node.getProof({ kind, id });
    const proof = rowProofFromJson(json);
    const believed = witness === undefined ? node.baseUrl : nodeUrl({ api: witness, dataDir, environment });
    const headerRoot =
      witness === undefined
        ? BlockHeader.hashTreeRoot(proof.header)
        : await rootAt(createClient({ baseUrl: believed }), proof.header.height);
    const verdict = verifyProof(proof, { root: { headerRoot }, question: { kind, id } });
    return {
      ...verdict,
      reasons: [...verdict.reasons],
      row: verdict.row === null ? null : { ...verdict.row },
      believed,
      proof: json,
    };
  },
  print: ({ valid, sentence, reasons, believed, proof }, { witness }) => [
    `${valid ? 'Proven' : 'Not proven'}. ${sentence}`,
    ...reasons.slice(1).map((reason) => `Also: ${reason}`),
    witness === undefined
      ? `The root of block ${proof.header.height} is this node's own word; --witness URL asks another node for it.`
      : `The root of block ${proof.header.height} is the word of ${believed}.`,
  ],
  exit: ({ valid }) => (valid ? 'ok' : 'verification'),
});

async function rootAt(witness: ReturnType<typeof createClient>, height: number): Promise<Uint8Array> {
  const { root } = await witness.getBlock(height);
  const bytes = fromHex(root);
  if (bytes === null) throw new CliError('verification', `${witness.baseUrl} names no root of block ${height}.`);
  return bytes;
}
