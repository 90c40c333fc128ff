import {
  AccountRow,
  addressOf,
  addressText,
  BlockHeader,
  MinerRow,
  PayoutRow,
  type RowProof,
  rowPath,
  SessionRow,
  State,
  type TableName,
  TaskRow,
  tables,
} from '@assay/protocol';
import { sha256, toHex } from '@assay/ssz';
import type { ProofQuestion } from './verify-proof.ts';

const holder = addressOf(sha256(Uint8Array.of(1)));
const taskId = sha256(Uint8Array.of(2));

/** A state with a few rows of every kind that can be asked for. */
const state = {
  ...State.defaultValue(),
  accounts: [0, 1, 2].map((nonce) => ({
    ...AccountRow.defaultValue(),
    address: nonce === 1 ? holder : addressOf(sha256(Uint8Array.of(9, nonce))),
    balanceUnits: 2_500_000_000n,
    nonce,
  })),
  sessions: [1n, 2n].map((spentUnits) => ({ ...SessionRow.defaultValue(), payer: holder, spentUnits })),
  miners: [{ ...MinerRow.defaultValue(), operator: holder, trustPpb: 912_300_000, tasks: 9, rejected: 1 }],
  payouts: [
    { ...PayoutRow.defaultValue(), kind: 'treasury' as const },
    { ...PayoutRow.defaultValue(), epoch: 3, account: holder, role: 7, units: 1_500_000_000n },
  ],
  tasks: [{ ...TaskRow.defaultValue(), taskId, status: 'approved' as const, priceUnits: 46_000_000n }],
};
const tree = State.value_toTree(state);

export const header = {
  ...BlockHeader.defaultValue(),
  height: 7,
  timeMs: 1_700_000_000_000,
  stateRoot: State.hashTreeRoot(state),
};
export const headerRoot = BlockHeader.hashTreeRoot(header);

/** The proof of a row, as a node makes it. */
export function proofOf(table: TableName, index: number): RowProof {
  const row = tables[table].elementType.serialize(state[table][index] as never);
  return { header, table, index, row, path: rowPath(tree, table, index) };
}

/** One question of each kind, with the proof that answers it. */
export function answers(): readonly { readonly question: ProofQuestion; readonly proof: RowProof }[] {
  return [
    { question: { kind: 'account', id: addressText(holder) }, proof: proofOf('accounts', 1) },
    { question: { kind: 'session', id: '1' }, proof: proofOf('sessions', 1) },
    { question: { kind: 'miner', id: '0' }, proof: proofOf('miners', 0) },
    { question: { kind: 'task', id: `0x${toHex(taskId)}` }, proof: proofOf('tasks', 0) },
    { question: { kind: 'payout', id: '1' }, proof: proofOf('payouts', 1) },
  ];
}
