import {
  type Client,
  ClientError,
  type Epoch,
  Hindrance,
  Miner,
  MinerEarning,
  type NodeCondition,
} from '@assay/client';
import { incomeOf } from '@assay/explain/income';
import { z } from 'zod';
import { CliError } from './failures.ts';
import { stateOf } from './node-lines.ts';

/** Settled epochs that are looked at. */
const epochsBack = 8;

const step = z.object({
  name: z.enum(['online', 'registered', 'eligible', 'drawn', 'served', 'audited', 'paid']),
  /** Null where this node cannot know. */
  isDone: z.boolean().nullable(),
  /** What was found. */
  text: z.string(),
});
export type Step = z.infer<typeof step>;

const minerStatus = z.object({
  /** Its name in the node that was asked; null where another one runs it. */
  name: z.string().nullable(),
  address: z.string(),
  isLoading: z.boolean(),
  steps: z.array(step),
  /** Its row; null while it is not registered. */
  miner: Miner.nullable(),
  earning: MinerEarning.nullable(),
  /** Of the settled epochs that were looked at; null without any. No promise of what comes. */
  income: z
    .object({
      epochs: z.array(z.object({ epoch: z.int(), units: z.string() })),
      leastUnits: z.string(),
      mostUnits: z.string(),
    })
    .nullable(),
  hindrances: z.array(Hindrance),
});
export type MinerStatus = z.infer<typeof minerStatus>;

export const MinerStatuses = z.object({
  height: z.int(),
  epoch: z.int(),
  nextEpochHeight: z.int(),
  /** Until then, by the time a block takes. */
  nextEpochInMs: z.int(),
  isCurrent: z.boolean(),
  lagBlocks: z.int().nullable(),
  miners: z.array(minerStatus),
});
export type MinerStatuses = z.infer<typeof MinerStatuses>;

/** How miners of a node do, or the one that is named. Throws CliError where the node runs none. */
export async function minerStatuses(node: Client, miner: number | undefined): Promise<MinerStatuses> {
  const [{ epoch, epochBlocks, blockTimeMs }, condition] = await Promise.all([node.getStatus(), node.getNode()]);
  const { height, isCurrent, lagBlocks } = condition;
  const settled = await settledEpochs(node, epoch);
  const nextEpochHeight = (epoch + 1) * epochBlocks;
  const nextEpochInMs = Math.max(0, nextEpochHeight - height) * blockTimeMs;
  const chosen = chosenOf(condition, miner);
  const miners = await Promise.all(chosen.map((each) => statusOf(node, each, { settled, epochBlocks })));
  return { height, epoch, nextEpochHeight, nextEpochInMs, isCurrent, lagBlocks, miners };
}

type OwnRole = NodeCondition['roles'][number];
type Chosen = { readonly own: OwnRole | null; readonly index: number | null };

/** The miner that is named, or those that the node runs. Throws CliError where it runs none. */
function chosenOf({ roles }: NodeCondition, miner: number | undefined): Chosen[] {
  const own = roles.filter(({ kind }) => kind === 'miner');
  if (miner !== undefined) return [{ own: own.find(({ index }) => index === miner) ?? null, index: miner }];
  if (own.length > 0) return own.map((role) => ({ own: role, index: role.index }));
  throw new CliError(
    'notFound',
    'This node runs no miner. `assay join INVITATION` makes one; `--miner N` looks at any of the network.',
  );
}

/** The last epochs that are settled; an epoch is settled some blocks after its end. */
async function settledEpochs(node: Client, epoch: number): Promise<Epoch[]> {
  const asked = Array.from({ length: Math.min(epochsBack, epoch) }, (_, back) => epoch - 1 - back);
  const found = await Promise.all(asked.map((each) => orNull(node.getEpoch(each))));
  return found.flatMap((each) => (each === null ? [] : [each]));
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

interface Seen {
  readonly settled: readonly Epoch[];
  readonly epochBlocks: number;
}

async function statusOf(node: Client, { own, index }: Chosen, { settled, epochBlocks }: Seen): Promise<MinerStatus> {
  const known = index === null ? null : await Promise.all([node.getMiner(index), node.getMinerEarning(index)]);
  const [miner, earning] = known ?? [null, null];
  const first = Math.floor((miner?.activeFrom ?? 0) / epochBlocks);
  const since = settled.filter(({ epoch }) => epoch >= first);
  const income = miner === null ? null : incomeOf(miner.index, since);
  return {
    name: own?.name ?? null,
    address: miner?.operator ?? own?.address ?? '',
    isLoading: own?.isLoading ?? false,
    steps: stepsOf(own, miner, earning, income?.mostUnits ?? null),
    miner,
    earning,
    income:
      income === null
        ? null
        : {
            epochs: income.epochs.map(({ epoch, units }) => ({ epoch, units: String(units) })),
            leastUnits: String(income.leastUnits),
            mostUnits: String(income.mostUnits),
          },
    hindrances: earning?.hindrances ?? own?.hindrances ?? [],
  };
}

function stepsOf(
  own: OwnRole | null,
  miner: Miner | null,
  earning: MinerEarning | null,
  mostUnits: bigint | null,
): Step[] {
  const isOnline = own === null ? null : own.running && own.hasKey;
  const online: Step = {
    name: 'online',
    isDone: isOnline,
    text: own === null ? 'another node runs it' : stateOf(own),
  };
  if (miner === null || earning === null) return [online, { name: 'registered', isDone: false, text: 'not yet' }];
  const { tasks, audited, rejected, epochCertified, level, measured } = miner;
  const users = level < earning.userLevel ? 'tests and challenges only' : 'challenges and users’ tasks';
  const isDrawn = measured.epoch !== null || tasks > 0;
  return [
    online,
    { name: 'registered', isDone: true, text: `miner ${miner.index}, ${miner.status}` },
    { name: 'eligible', isDone: earning.isDrawn, text: earning.isDrawn ? users : 'no draw may pick it now' },
    {
      name: 'drawn',
      isDone: isDrawn,
      text: measured.epoch === null ? 'not challenged yet' : `challenged, the last time in epoch ${measured.epoch}`,
    },
    { name: 'served', isDone: tasks > 0, text: `${counted(tasks, 'task')}, ${epochCertified} in this epoch` },
    {
      name: 'audited',
      isDone: audited > 0,
      text: `${counted(audited, 'audit')} with a result, ${counted(rejected, 'task')} rejected`,
    },
    {
      name: 'paid',
      isDone: mostUnits === null ? null : mostUnits > 0n,
      text: mostUnits === null ? 'no epoch is settled since it came' : mostUnits > 0n ? 'yes' : 'nothing yet',
    },
  ];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
