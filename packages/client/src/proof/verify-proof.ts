import {
  AccountRow,
  addressText,
  BlockHeader,
  isTableName,
  MinerRow,
  PayoutRow,
  proofTables,
  type RowProof,
  SessionRow,
  stateRootAlong,
  TaskRow,
  tables,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import type { ProofKind } from '../api/proof.ts';
import { formatUnits } from '../format-units.ts';

/**
 * What was asked: an account by its address, a session or miner by its index, a task by its id (`0x…`), a payout by its
 * index among those of the epoch that was settled last.
 */
export interface ProofQuestion {
  readonly kind: ProofKind;
  readonly id: string;
}

/** What a checker must already trust: the root of the block's header, or the state root alone. */
export type TrustedRoot = { readonly headerRoot: Uint8Array } | { readonly stateRoot: Uint8Array };

export interface ProofVerdict {
  readonly valid: boolean;
  /** Everything that is wrong with it, in the order checked; empty when valid. */
  readonly reasons: readonly string[];
  /** What the proof proves and what it does not, or why it proves nothing. */
  readonly sentence: string;
  /** The JSON form of the proven row; null when the proof is not valid. */
  readonly row: Readonly<Record<string, unknown>> | null;
}

/**
 * Checks a proof offline (§2.6): its block is the trusted one, its row leads to the state root of that block, and the
 * row is the one asked for. With a trusted state root alone nothing vouches for height and time of the block. Never
 * throws for a bad proof.
 */
export function verifyProof(
  proof: RowProof,
  options: { readonly root: TrustedRoot; readonly question: ProofQuestion },
): ProofVerdict {
  const { root, question } = options;
  const reasons = [...headerFaults(proof, root), ...pathFaults(proof)];
  if (reasons.length === 0) reasons.push(...questionFaults(proof, question));
  if (reasons.length > 0)
    return { valid: false, reasons, sentence: `The proof proves nothing: ${reasons[0]}`, row: null };
  const row = tables[proofTables[question.kind]].elementType;
  return {
    valid: true,
    reasons,
    sentence: `${locationOf(proof, root)} ${describers[question.kind](proof)}; it says nothing of any other block.`,
    row: row.toJson(row.deserialize(proof.row) as never) as Record<string, unknown>,
  };
}

function headerFaults({ header }: RowProof, root: TrustedRoot): string[] {
  if ('stateRoot' in root) {
    if (equalBytes(header.stateRoot, root.stateRoot)) return [];
    return [`it leads to the state root ${hex(header.stateRoot)}, not to the trusted one, ${hex(root.stateRoot)}.`];
  }
  const own = BlockHeader.hashTreeRoot(header);
  if (equalBytes(own, root.headerRoot)) return [];
  return [`its block ${header.height} has the root ${hex(own)}, not the trusted one, ${hex(root.headerRoot)}.`];
}

function pathFaults(proof: RowProof): string[] {
  const root = isTableName(proof.table) ? stateRootAlong(proof.table, proof) : null;
  if (root !== null && equalBytes(root, proof.header.stateRoot)) return [];
  return ['its row is not in the state of that block: the Merkle path does not lead to the state root.'];
}

function questionFaults(proof: RowProof, { kind, id }: ProofQuestion): string[] {
  const isOfTable = proof.table === proofTables[kind];
  if (isOfTable && idOf[kind](proof) === id) return [];
  return [`it is about another row, not about ${kind} ${id}.`];
}

const idOf: Readonly<Record<ProofKind, (proof: RowProof) => string>> = {
  account: ({ row }) => addressText(AccountRow.deserialize(row).address),
  session: ({ index }) => String(index),
  miner: ({ index }) => String(index),
  task: ({ row }) => hex(TaskRow.deserialize(row).taskId),
  payout: ({ index }) => String(index),
};

function locationOf({ header }: RowProof, root: TrustedRoot): string {
  if ('stateRoot' in root) return `In the state of root ${hex(header.stateRoot)}`;
  return `After block ${header.height} of ${new Date(header.timeMs).toISOString()}`;
}

const describers: Readonly<Record<ProofKind, (proof: RowProof) => string>> = {
  account: ({ row }) => {
    const { address, balanceUnits, nonce } = AccountRow.deserialize(row);
    return `${addressText(address)} held ${formatUnits(balanceUnits)} units, its next nonce being ${nonce}`;
  },
  session: ({ index, row }) => {
    const { payer, status, escrowUnits, spentUnits } = SessionRow.deserialize(row);
    const left = `${formatUnits(escrowUnits)} units left and ${formatUnits(spentUnits)} spent`;
    return `session ${index} of ${addressText(payer)} was ${status} with ${left}`;
  },
  miner: ({ index, row }) => {
    const { operator, collateralUnits, trustPpb, tasks, rejected } = MinerRow.deserialize(row);
    const trust = (trustPpb / 1e9).toFixed(4);
    return (
      `miner ${index} of ${addressText(operator)} had a collateral of ${formatUnits(collateralUnits)} units, trust ` +
      `${trust}, and ${rejected} of ${tasks} tasks rejected`
    );
  },
  task: ({ row }) => {
    const { taskId, status, miner, priceUnits } = TaskRow.deserialize(row);
    const price = `${formatUnits(priceUnits)} units`;
    return `task ${hex(taskId)} of miner ${miner} was ${status} at a price of ${price}`;
  },
  payout: ({ index, row }) => {
    const { epoch, account, source, stack, kind, role, units } = PayoutRow.deserialize(row);
    const earner = `${addressText(account)} as ${kind} ${role}`;
    const to = kind === 'treasury' ? 'the treasury' : earner;
    const from = `${source}, stack "${stack}"`;
    return `payout ${index} of epoch ${epoch} was ${formatUnits(units)} units of ${from}, to ${to}`;
  },
};

const hex = (value: Uint8Array): string => `0x${toHex(value)}`;
