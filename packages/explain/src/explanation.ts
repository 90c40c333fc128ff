import { genesisHash } from '@assay/ledger';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import type { History } from './replay-blocks.ts';
import { fields, table, tableWidth } from './table.ts';

/** A number that went in: where it stands, and the clause that asks for it. */
const Fact = z.object({ name: z.string(), value: z.string(), source: z.string() });

const Step = z.object({
  title: z.string(),
  clause: z.string(),
  facts: z.array(Fact),
  table: z.object({ head: z.array(z.string()), rows: z.array(z.array(z.string())) }).nullable(),
});
/** One step of the way from what stands on the chain to the answer. */
export type Step = z.infer<typeof Step>;

const Chain = z.object({
  chainId: z.string(),
  genesisHash: z.string(),
  source: z.string(),
  /** Height of the kept state that the replay began with; 0 for the genesis. */
  startHeight: z.int(),
  /** Whether the replay checked the signatures of its blocks. */
  signaturesChecked: z.boolean(),
});

/** An explanation whose outcome is also given as data. */
export function explanationOf<Result extends z.ZodType>(result: Result) {
  return z.object({ question: z.string(), answer: z.string(), result, steps: z.array(Step), chain: Chain });
}

export interface Explanation<Result> {
  readonly question: string;
  readonly answer: string;
  readonly result: Result;
  readonly steps: Step[];
  readonly startHeight: number;
}

/** Says on which chain an explanation rests. */
export function onChain<Result>(history: History, fast: boolean, { startHeight, ...explanation }: Explanation<Result>) {
  return {
    ...explanation,
    chain: {
      chainId: history.genesis.chainId,
      genesisHash: hex(genesisHash(history.genesis)),
      source: history.source,
      startHeight,
      signaturesChecked: !fast && (startHeight === 0 || history.wasChecked === undefined),
    },
  };
}

/** The explanation in aligned lines. */
export function explanationLines(explanation: z.infer<ReturnType<typeof explanationOf<z.ZodUnknown>>>): string[] {
  const { question, answer, steps, chain } = explanation;
  const unchecked = chain.signaturesChecked ? '' : ', signatures not checked';
  return [question, ...steps.flatMap(stepLines), '', answer, '', `Replayed from ${startText(chain)}${unchecked}.`];
}

/** Where a replay began, and whose word that is. */
function startText({ startHeight, chainId, source }: Omit<z.infer<typeof Chain>, 'genesisHash'>): string {
  if (startHeight === 0) return `the genesis of ${chainId} (${source})`;
  const trust = 'its root is that of its block, and what came before is the word of that source';
  return `the state after block ${startHeight} of ${chainId} that ${source} keeps; ${trust}`;
}

function stepLines({ title, clause, facts, table: rows }: Step, index: number): string[] {
  const width = Math.max(0, ...facts.map(({ value }) => value.length));
  const pairs = facts.map(({ name, value, source }): [string, string] => [name, `${value.padEnd(width)}  ${source}`]);
  return [
    '',
    `${index + 1}. ${title} (${clause})`,
    ...indented(fields(pairs)),
    ...(rows === null ? [] : indented(table(rows.head, rows.rows, { width: tableWidth - 3 }))),
  ];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `   ${line}`);

export const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`;

/** The last block, and what stands in the state after it. */
export const stateAfter = (height: number): string => (height === 0 ? 'genesis' : `state after block ${height}`);

export const transactionAt = (height: number, transaction: number): string =>
  `block ${height}, transaction ${transaction}`;
