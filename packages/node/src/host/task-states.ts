import type { TaskDetail } from '@assay/client';
import { type Receipt, type Ref, type TaskRow, TaskState, type TransitionRow } from '@assay/protocol';

type State = TaskDetail['states'][number];

/** What a block said of a task, or what the task began with. */
export interface TaskStory {
  readonly receipt: Pick<Receipt, 'miner' | 'attempt' | 'drawHeight'>;
  readonly row: Pick<TaskRow, 'mixer' | 'height'>;
  /** Late steps, in their order, with the block that recorded each. */
  readonly late: readonly Pick<TransitionRow, 'step' | 'attempt' | 'miner' | 'height'>[];
  /** Account that pays; null for a task that no session asked for. */
  readonly payer: string | null;
  /** Time of a block; null where it is not known here. */
  readonly timeOf: (height: number) => number | null;
}

const ofMiner: readonly TaskState[] = TaskState.words.filter((state) => state !== 'create' && state !== 'end');

/** §5.1.4 The states that a task went through, in order: whose each was, and the block that tells when. */
export function statesOf({ receipt, row, late, payer, timeOf }: TaskStory): State[] {
  const at = (height: number | null) => ({ height, timeMs: height === null ? null : timeOf(height) });
  const mixer = `mixer ${row.mixer}`;
  const first = { attempt: 0, isLate: false, ...at(receipt.drawHeight) };
  const attempts = late.flatMap(({ step, attempt, miner, height }) =>
    byMiner(miner, ofMiner.slice(0, ofMiner.indexOf(step) + 1)).map((each) => {
      const isLate = each.state === step;
      return { ...each, attempt, isLate, ...at(isLate ? height : null) };
    }),
  );
  const { attempt, miner } = receipt;
  const served = byMiner(miner, ofMiner).map((each) => ({ ...each, attempt, isLate: false, ...at(null) }));
  return [
    ...(payer === null ? [] : [{ state: 'request' as const, by: payer, ...first }]),
    { state: 'create', by: mixer, ...first },
    ...attempts,
    ...served,
    { state: 'end', by: mixer, attempt, isLate: false, ...at(row.height) },
  ];
}

function byMiner(miner: Ref<'miners'>, states: readonly TaskState[]) {
  return states.map((state) => ({ state, by: `miner ${miner}` }));
}
