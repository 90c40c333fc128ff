import { formatUnits as units } from '@assay/client';
import { apportion, type ClosedBooks, isUnchecked, type LedgerView, type ReplayedChain } from '@assay/ledger';
import {
  addressText,
  type EpochClose,
  type LedgerEvent,
  type Params,
  type Payout,
  type Pool,
  type Ref,
  type RevenueParts,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { z } from 'zod';
import { certifiedIn, type ReceiptLocation } from './certified.ts';
import { type Explanation, explanationOf, hex, type Step, transactionAt } from './explanation.ts';
import { holderShare } from './holders.ts';
import { capacityStep, isPoolOf, limitFacts, scoreStep, stackFacts, weighed } from './pools.ts';
import { Refusal } from './refusal.ts';
import { type History, replayBlocks, startUpTo } from './replay-blocks.ts';
import { minerSplitFacts, splitFacts } from './splits.ts';
import { minerParts, stakerShare } from './stakers.ts';
import { uncheckedCure, uncheckedReason } from './unchecked.ts';
import { unpaidSteps } from './unpaid.ts';

export const PayoutExplanation = explanationOf(
  z.object({
    account: z.string(),
    epoch: z.int(),
    /** Height of the block that closed the epoch. */
    height: z.int(),
    totalUnits: z.string(),
    payouts: z.array(
      z.object({
        /** Among the payouts of the epoch: what `prove payout` takes. */
        place: z.int(),
        source: z.string(),
        stack: z.string(),
        kind: z.string().nullable(),
        role: z.int().nullable(),
        units: z.string(),
        /** What the numbers shown add up to; the same, or the chain contradicts its own rules. */
        recomputedUnits: z.string(),
      }),
    ),
  }),
);
type PayoutResult = z.infer<typeof PayoutExplanation>['result'];

/** A task that the epoch paid, with how its price was divided. */
interface PaidTask {
  readonly location: ReceiptLocation;
  readonly parts: RevenueParts;
}

type Rejected = Extract<LedgerEvent, { readonly type: 'taskRejected' }>;

interface Closed {
  readonly height: number;
  readonly close: EpochClose;
  readonly paid: readonly PaidTask[];
  readonly rejected: readonly { readonly location: ReceiptLocation; readonly reason: string }[];
  readonly books: ClosedBooks;
  /** Height of the state that the replay began with. */
  readonly startHeight: number;
}

/** Where every base unit that an account got at the end of an epoch comes from (economics §2–4). */
export async function explainPayout(
  history: History,
  asked: { readonly account: Uint8Array; readonly epoch: number },
  options: { readonly fast: boolean },
): Promise<Explanation<PayoutResult>> {
  const { account, epoch } = asked;
  const closed = await closeOf(history, epoch, options);
  const own = closed.close.payouts.flatMap((payout, index) =>
    equalBytes(payout.account, account) ? [{ ...payout, index }] : [],
  );
  const reasons = own.map((payout) => reasonOf(closed, payout));
  const totalUnits = own.reduce((sum, { units }) => sum + units, 0n);
  const text = addressText(account);
  return {
    question: `Why was ${text} paid ${units(totalUnits)} units at the end of epoch ${epoch}?`,
    answer: answerOf(closed, { text, totalUnits, reasons }),
    result: {
      account: text,
      epoch,
      height: closed.height,
      totalUnits: String(totalUnits),
      payouts: reasons.map(({ payout, recomputedUnits }) => ({
        place: payout.index,
        source: payout.source,
        stack: payout.stack,
        kind: payout.kind,
        role: payout.role,
        units: String(payout.units),
        recomputedUnits: String(recomputedUnits),
      })),
    },
    steps: [
      epochStep(closed),
      ...reasons.flatMap(({ steps }) => steps),
      ...unpaidSteps(closed.close, closed.books, account),
      ...rejectedStep(closed, account),
    ],
    startHeight: closed.startHeight,
  };
}

async function closeOf(history: History, epoch: number, options: { readonly fast: boolean }): Promise<Closed> {
  const { epochBlocks } = history.genesis.params;
  const open = new Map<string, ReceiptLocation>();
  const rejected: { location: ReceiptLocation; reason: string }[] = [];
  const paid: PaidTask[] = [];
  const start = await startBeforeTasksOf(history, epoch);
  const startHeight = start.ledger.state.globals.height;
  let reached = start.ledger.state.globals.settledEpochs;
  for await (const { height, block, result, ledger } of replayBlocks(history, { ...options, start })) {
    for (const location of certifiedIn(block, result)) open.set(toHex(location.receipt.taskId), location);
    for (const event of result.events) {
      if (event.type !== 'taskPaid' && event.type !== 'taskRejected') continue;
      const location = open.get(toHex(event.taskId));
      open.delete(toHex(event.taskId));
      const of = event.type === 'taskPaid' ? event.epoch : Math.floor(height / epochBlocks);
      if (location === undefined || of !== epoch) continue;
      if (event.type === 'taskPaid') paid.push({ location, parts: event.parts });
      else rejected.push({ location, reason: reasonOfRejection(event, ledger.state) });
    }
    for (const event of result.events) {
      if (event.type !== 'epochClosed') continue;
      const { close } = event;
      const books = close.epoch === epoch ? ledger.booksOf(epoch) : null;
      if (books !== null) return { height, close, paid, rejected, books, startHeight };
      reached = close.epoch + 1;
    }
  }
  throw new Refusal(
    'notFound',
    `Epoch ${epoch} is not closed yet: at block ${history.height}, ${history.source} is in epoch ${reached}.`,
  );
}

/** Where to begin so that every task is certified later that the end of an epoch pays or counts as rejected. */
async function startBeforeTasksOf(history: History, epoch: number): Promise<ReplayedChain> {
  const start = await startUpTo(history, epoch * history.genesis.params.epochBlocks - 1);
  const open = [...start.ledger.state.tasks].filter(({ status }) => status !== 'settled' && status !== 'rejected');
  if (open.length === 0) return start;
  return startUpTo(history, Math.min(...open.map(({ height }) => height)) - 1);
}

/** The word of a rejection; of one without a result also whether it was for the engine. */
function reasonOfRejection({ taskId, reason }: Rejected, state: LedgerView): string {
  const audit = state.audits.get(state.auditOf(taskId) ?? -1);
  return reason === 'noResult' && audit !== undefined && isUnchecked(audit) ? uncheckedReason : reason;
}

function epochStep({ height, close, books }: Closed): Step {
  const { params } = books;
  const source = `closing of epoch ${close.epoch} in block ${height}`;
  return {
    title: `Epoch ${close.epoch}`,
    clause: 'economics §1',
    facts: [
      { name: 'block time', value: `${close.durationMs} ms`, source },
      ...emissionFacts(close, params, source),
      { name: 'minted', value: units(close.mintedUnits), source },
      { name: 'revenue', value: units(close.revenueUnits), source },
      { name: 'burned', value: units(close.burnedUnits), source },
    ],
    table: null,
  };
}

function emissionFacts({ emission }: EpochClose, { rewards }: Params, source: string): Step['facts'] {
  if (emission === null) return [{ name: 'emission', value: 'none', source: 'the day of block time is not over' }];
  const { period, perDayUnits, halvings, forMs, limitUnits } = emission;
  const emissionUnits = (perDayUnits * BigInt(forMs)) / BigInt(rewards.dayMs);
  return [
    { name: 'reward period', value: String(period), source },
    {
      name: 'emission per day',
      value: units(perDayUnits),
      source: `the schedule of the genesis, halved ${halvings} ×`,
    },
    { name: 'of a day', value: `${forMs} of ${rewards.dayMs} ms`, source },
    { name: 'emission', value: units(emissionUnits), source: 'that part of the day’s' },
    ...(limitUnits === null
      ? []
      : [
          {
            name: 'of it for work, at most',
            value: units(limitUnits),
            source: 'params.wash.mintOfBurnBps of what it burned',
          },
        ]),
  ];
}

/** With its index among those of the epoch. */
type IndexedPayout = Payout & { readonly index: number };

interface Reason {
  readonly payout: IndexedPayout;
  readonly recomputedUnits: bigint;
  readonly steps: readonly Step[];
}

function reasonOf(closed: Closed, payout: IndexedPayout): Reason {
  if (payout.kind === 'staker') return stakerReason(closed, payout);
  if (payout.stack === 'creators') return holderReason(closed, payout);
  const isPerTask = payout.source === 'revenue' && payout.stack !== 'validators' && payout.stack !== 'treasury';
  if (isPerTask) return taskReason(closed, payout);
  return poolReason(closed, payout);
}

/** Revenue that comes task by task: to the miner's people, the gateway, the domain. */
function taskReason(closed: Closed, payout: IndexedPayout): Reason {
  const rows: string[][] = [];
  const models = new Set<Ref<'models'>>();
  let recomputedUnits = 0n;
  for (const { location, parts } of closed.paid) {
    const part = partOf(closed.books, payout, { location, parts });
    if (part === null) continue;
    recomputedUnits += part.own;
    const { height, transaction, receipt } = location;
    models.add(receipt.model);
    const own = [units(receipt.priceUnits), units(part.stack), units(part.own)];
    rows.push([hex(receipt.taskId), transactionAt(height, transaction), ...own]);
  }
  return {
    payout,
    recomputedUnits,
    steps: [
      {
        title: titleOf(payout),
        clause: payout.stack === 'miners' ? 'economics §2, E8' : 'economics §2',
        facts: splitFacts(closed.books, payout, models),
        table: { head: ['task', 'certified in', 'price', `part of ${payout.stack}`, 'of the account'], rows },
      },
    ],
  };
}

/** The part of a task's price that went to the payout's stack, and of it to its account; null when it is another's. */
function partOf(
  books: ClosedBooks,
  { stack, role, account }: Payout,
  { location, parts }: PaidTask,
): { stack: bigint; own: bigint } | null {
  const { receipt } = location;
  const { domain } = books.models.at(receipt.model);
  const whole = (part: bigint, index: number) => (index === role ? { stack: part, own: part } : null);
  if (stack === 'gateways') return whole(parts.processorsUnits, receipt.gateway);
  if (stack === 'domain') return whole(parts.domainUnits, domain);
  if (receipt.miner !== role) return null;
  return { stack: parts.minersUnits, own: ownPart(books, parts.minersUnits, { miner: role, account }) };
}

/** What of a miner's units goes to an account that operates or owns it (E8). */
function ownPart(
  books: ClosedBooks,
  units: bigint,
  { miner, account }: { miner: Ref<'miners'>; account: Uint8Array },
): bigint {
  const { operator, owner } = books.miners.at(miner);
  const { operatorUnits, ownerUnits } = minerParts(books, units, miner);
  const asOperator = equalBytes(account, operator) ? operatorUnits : 0n;
  return asOperator + (equalBytes(account, owner) ? ownerUnits : 0n);
}

/** The part of a miner's units that is its stakers', divided by what each has staked. */
function stakerReason(closed: Closed, payout: IndexedPayout): Reason {
  const { books, close, paid } = closed;
  const miner = payout.role ?? 0;
  const amounts =
    payout.source === 'revenue'
      ? paid.filter(({ location }) => location.receipt.miner === miner).map(({ parts }) => parts.minersUnits)
      : (payout.stack === 'capacity' ? close.capacity : close.scores)
          .filter((score) => score.miner === miner)
          .map((score) => score.emissionUnits);
  const share = stakerShare(books, { amounts, miner, staker: payout.account });
  const source = `${payout.source} of miner ${miner}, ${amounts.length} amounts, each divided by the split`;
  const facts = [
    ...minerSplitFacts(books, miner),
    { name: "the stakers' part", value: units(share.stakersUnits), source },
    { name: 'staked by this account', value: units(share.ownStakeUnits), source: `delegations to miner ${miner}` },
    { name: 'staked by all', value: units(share.allStakeUnits), source: `delegations to miner ${miner}` },
  ];
  const step = { title: titleOf(payout), clause: 'economics §2.3', facts, table: null };
  return { payout, recomputedUnits: share.units, steps: [step] };
}

/** The part of a model's royalties that an account has shares in, or backs. */
function holderReason({ books, close, paid }: Closed, payout: IndexedPayout): Reason {
  const { source, role: model } = payout;
  const isPool = (pool: Pool) => pool.source === source && pool.kind === 'model';
  const minted = close.pools.filter(isPool).flatMap(({ shares }) => shares.filter(({ role }) => role === model));
  const tasks = paid.filter(({ location }) => location.receipt.model === model);
  const royalties =
    source === 'revenue' ? tasks.map(({ parts }) => parts.creatorsUnits) : minted.map((share) => share.units);
  const share = holderShare(books, payout, royalties);
  const step = { title: titleOf(payout), clause: 'economics §2.4, §2.5', facts: share.facts, table: null };
  return { payout, recomputedUnits: share.units, steps: [step] };
}

/** A payout out of one amount that contestants share by weight. */
function poolReason(closed: Closed, payout: IndexedPayout): Reason {
  const { close, books, height } = closed;
  const pool = close.pools.find((one) => isPoolOf(one, payout));
  if (pool === undefined || payout.role === null) {
    const source = `closing of epoch ${close.epoch} in block ${height}`;
    const facts = [{ name: 'amount', value: units(payout.units), source }];
    const step = { title: titleOf(payout), clause: 'economics §3', facts, table: null };
    return { payout, recomputedUnits: payout.units, steps: [step] };
  }
  const role = payout.role;
  const shares = apportion(
    pool.units,
    pool.shares.map(({ weight }) => weight),
  );
  const index = pool.shares.findIndex((one) => one.role === role);
  const limitUnits = pool.shares[index]?.limitUnits ?? null;
  const part = shares[index] ?? 0n;
  const share = limitUnits !== null && limitUnits < part ? limitUnits : part;
  const recomputedUnits =
    payout.kind === 'miner' ? ownPart(books, share, { miner: role, account: payout.account }) : share;
  const step: Step = {
    title: titleOf(payout),
    clause: payout.source === 'emission' ? 'economics §3' : 'economics §2',
    facts: [
      ...stackFacts(close, books, pool),
      { name: `share of ${pool.kind} ${role}`, value: units(part), source: `by weight: ${weighed(pool, books)}` },
      ...limitFacts(pool.shares[index], `${pool.kind} ${role}`),
      ...(payout.kind === 'miner' ? minerSplitFacts(books, role) : []),
    ],
    table: {
      head: [pool.kind, 'weight', 'units'],
      rows: pool.shares.map((one) => [String(one.role), String(one.weight), units(one.units)]),
    },
  };
  if (payout.kind !== 'miner') return { payout, recomputedUnits, steps: [step] };
  const competition = payout.stack === 'capacity' ? capacityStep(close, books, role) : scoreStep(close, books, role);
  return { payout, recomputedUnits, steps: [competition, step] };
}

function rejectedStep({ rejected, books, close }: Closed, account: Uint8Array): Step[] {
  const own = rejected.filter(({ location }) => {
    const { operator, owner } = books.miners.at(location.receipt.miner);
    return equalBytes(account, operator) || equalBytes(account, owner);
  });
  if (own.length === 0) return [];
  return [
    {
      title: `Tasks of this account’s miner that were rejected in epoch ${close.epoch} and paid nothing`,
      clause: '§10.4, economics §2',
      facts: own.some(({ reason }) => reason === uncheckedReason) ? [uncheckedCure] : [],
      table: {
        head: ['task', 'certified in', 'price', 'rejected as'],
        rows: own.map(({ location, reason }) => [
          hex(location.receipt.taskId),
          transactionAt(location.height, location.transaction),
          units(location.receipt.priceUnits),
          reason,
        ]),
      },
    },
  ];
}

function answerOf(
  { close }: Closed,
  { text, totalUnits, reasons }: { text: string; totalUnits: bigint; reasons: readonly Reason[] },
): string {
  if (reasons.length === 0) return `${text} was paid nothing at the end of epoch ${close.epoch}.`;
  const wrong = reasons.filter(({ payout, recomputedUnits }) => payout.units !== recomputedUnits);
  const parts = reasons.map(({ payout }) => `${units(payout.units)} ${payout.source} of ${nameOf(payout)}`);
  const sum = `${units(totalUnits)} units: ${parts.join(' + ')}.`;
  return wrong.length === 0 ? sum : `${sum} ${wrong.length} of them do not follow from the numbers above.`;
}

function titleOf(payout: IndexedPayout): string {
  const source = payout.source === 'emission' ? 'Emission' : 'Revenue';
  return `${source} of ${nameOf(payout)}: ${units(payout.units)} units, payout ${payout.index} of the epoch`;
}

function nameOf({ kind, role }: Payout): string {
  return kind === null ? 'the treasury' : `${kind} ${role}`;
}
