import {
  type DrawRank,
  type DrawRequest,
  type DrawTable,
  drawMiners,
  drawSteering,
  drawTable,
  eligibleMiners,
  isTicket,
  type LedgerView,
  type Steering,
  steeredWeight,
  taskClassOf,
  type Verifier,
} from '@assay/ledger';
import { addressText, drawEpoch, drawIdOf, type LedgerEvent } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { z } from 'zod';
import { certifiedTask, type ReceiptLocation } from './certified.ts';
import { type Explanation, explanationOf, hex, type Step, stateAfter, transactionAt } from './explanation.ts';
import { ratio } from './ratio.ts';
import { notCertified, Refusal } from './refusal.ts';
import { type History, type Replayed, replayBlocks, startUpTo } from './replay-blocks.ts';

export const SelectionExplanation = explanationOf(
  z.object({
    taskId: z.string(),
    miner: z.int(),
    rank: z.int(),
    attempt: z.int(),
    /** What the task's id is made of, and whether it is its mixer's signature of the request (§6.4). */
    ticket: z.string(),
    ticketHolds: z.boolean(),
    /** Whether the miner that served is the one the draw puts at that rank. */
    followsDraw: z.boolean(),
    eligible: z.array(z.int()),
    /** The class of the task, and how it weighs the speed of each miner of the table (§6.6). */
    class: z.string(),
    median: z.string().nullable(),
    speeds: z.array(z.object({ miner: z.int(), measured: z.string(), factorPpb: z.string(), weight: z.string() })),
    /** The attempts that were taken from their miner before (§7.8). */
    late: z.array(z.object({ height: z.int(), step: z.string(), attempt: z.int(), miner: z.int(), oracle: z.int() })),
    draw: z.array(
      z.object({ rank: z.int(), miner: z.int(), weight: z.string(), lot: z.string(), totalWeight: z.string() }),
    ),
  }),
);
type Selection = z.infer<typeof SelectionExplanation>['result'];

interface Found {
  readonly location: ReceiptLocation;
  readonly request: DrawRequest;
  readonly table: DrawTable;
  readonly steering: Steering;
  readonly state: LedgerView;
  readonly ticketHolds: boolean;
  readonly startHeight: number;
  /** Its late steps so far, with the height of the block that recorded each. */
  readonly late: readonly LateStep[];
}

type LateStep = Extract<LedgerEvent, { type: 'taskLate' }> & { readonly height: number };

/** Why this miner served this task (§6.3): the eligible set, weights, draw and ranks. */
export async function explainSelection(
  history: History,
  taskId: Uint8Array,
  options: { readonly fast: boolean },
): Promise<Explanation<Selection>> {
  const found = await findTask(history, taskId, options);
  const { location, request, table, ticketHolds, steering } = found;
  const { miner, rank, attempt, ticket } = location.receipt;
  const eligible = eligibleMiners(table, request).map((entry) => entry.miner);
  const draw = drawMiners(table, request, table.entries.length);
  const followsDraw = draw[rank]?.miner === miner;
  const drawn = `Miner ${miner} stands at rank ${rank} of the draw among ${eligible.length} eligible miners`;
  const after = attempt === 0 ? '' : ` after ${attempt} ${attempt === 1 ? 'reassignment' : 'reassignments'}`;
  return {
    question: `Why did miner ${miner} serve task ${hex(taskId)}?`,
    answer: faultOf(found, followsDraw) ?? `${drawn}, and served the task${after}.`,
    result: {
      taskId: hex(taskId),
      miner,
      rank,
      attempt,
      ticket: hex(ticket),
      ticketHolds,
      followsDraw,
      eligible,
      class: taskClassOf(request, table.steering),
      median: steering.median === null ? null : String(steering.median),
      speeds: table.entries.map((entry) => speedOf(entry, steering)),
      late: found.late.map(({ height, step, attempt, miner, oracle }) => ({ height, step, attempt, miner, oracle })),
      draw: draw.map((drawn, at) => ({
        rank: at,
        miner: drawn.miner,
        weight: String(drawn.weight),
        lot: String(drawn.lot),
        totalWeight: String(drawn.totalWeight),
      })),
    },
    steps: [
      taskStep(found),
      inputStep(found),
      classStep(found),
      eligibleStep(found),
      drawStep(draw),
      ...lateSteps(found),
    ],
    startHeight: found.startHeight,
  };
}

/** What of the certificate is not as it must be; null when all is. */
function faultOf({ location, ticketHolds }: Found, followsDraw: boolean): string | null {
  const { miner, rank } = location.receipt;
  if (!ticketHolds) {
    return `The ticket is not mixer ${location.mixer}'s signature of the request: the certificate contradicts §6.4.`;
  }
  if (followsDraw) return null;
  return `The draw does not put miner ${miner} at rank ${rank}: the certificate contradicts §6.2.`;
}

async function findTask(history: History, taskId: Uint8Array, options: { readonly fast: boolean }): Promise<Found> {
  const tables = new Map<number, DrawTable>();
  const keep = (table: DrawTable) => tables.set(table.epoch, table);
  const late: LateStep[] = [];
  const span = await history.spanOf(taskId);
  if (span === null) throw notCertified(history, taskId);
  const start = await startUpTo(history, Math.min(span.drawHeight, ...span.heights.map((height) => height - 1)));
  const startHeight = start.ledger.state.globals.height;
  keep(drawTable(start.ledger.state));
  for await (const { block, result, ledger } of replayBlocks(history, { ...options, start })) {
    for (const event of result.events) {
      if (event.type === 'taskLate' && equalBytes(event.taskId, taskId)) late.push({ ...event, height: result.height });
    }
    const location = certifiedTask(block, result, taskId);
    if (location !== null) return { ...foundAt(location, ledger.state, tables, history.verifier), late, startHeight };
    if (changesDraws(result)) keep(drawTable(ledger.state));
  }
  throw notCertified(history, taskId);
}

function foundAt(
  location: ReceiptLocation,
  state: LedgerView,
  tables: ReadonlyMap<number, DrawTable>,
  verifier: Verifier,
): Omit<Found, 'late' | 'startHeight'> {
  const { kind, session, model, drawHeight, maxTokensIn, maxTokensOut } = location.receipt;
  const { domain, payer, dedicatedMiners } = state.sessions.at(session);
  const table = tables.get(drawEpoch(state.params, drawHeight));
  if (table === undefined) throw new Refusal('failure', `The draw of block ${drawHeight} cannot be recomputed.`);
  const task = { taskId: drawIdOf(location.receipt), kind, model, drawHeight, maxTokensIn, maxTokensOut };
  const request = { ...task, domain, payer, dedicatedMiners };
  const ticketHolds = isTicket(state, location.receipt, { mixer: location.mixer, verifier });
  return { location, table, steering: drawSteering(table, request), state, request, ticketHolds };
}

/** Within an epoch the table only gains entries; the epoch's end changes weights and beacon. */
function changesDraws({ events }: Replayed['result']): boolean {
  return events.some(({ type }) => type === 'minerRegistered' || type === 'powersSet');
}

function taskStep({ location, state, ticketHolds }: Found): Step {
  const { receipt, height, transaction, index } = location;
  const source = `${transactionAt(height, transaction)}, receipt ${index}`;
  const { session, requestHash, ticket } = receipt;
  const { payer, redundancy } = state.sessions.at(session);
  return {
    title: 'The task: its id follows from a signature of the request that only its mixer can make, in one way',
    clause: '§6.4',
    facts: [
      { name: 'session', value: String(session), source },
      { name: 'request hash', value: hex(requestHash), source },
      { name: 'ticket', value: hex(ticket), source },
      {
        name: 'ticket holds',
        value: ticketHolds ? 'yes' : 'no',
        source: `mixer ${location.mixer}'s key in the committee of the draw, over session and request hash`,
      },
      { name: 'drawn by', value: hex(drawIdOf(receipt)), source: 'hash of the ticket, and 0 for the first replica' },
      { name: 'replica', value: `${receipt.replica} of ${redundancy}`, source },
      { name: 'payer', value: addressText(payer), source: `session ${session}` },
    ],
    table: null,
  };
}

function inputStep({ location, table, request, state }: Found): Step {
  const { height, transaction, index } = location;
  const source = `${transactionAt(height, transaction)}, receipt ${index}`;
  const { epochBlocks } = state.params;
  const beaconHeight = Math.max(0, table.epoch * epochBlocks - 1);
  return {
    title: 'What the draw depends on',
    clause: '§6.2, §9.1',
    facts: [
      { name: 'draw height', value: String(request.drawHeight), source },
      { name: 'epoch', value: String(table.epoch), source: `(${request.drawHeight} + 1) ÷ ${epochBlocks} blocks` },
      { name: 'beacon', value: hex(table.beacon), source: stateAfter(beaconHeight) },
      { name: 'domain', value: String(request.domain), source: `session ${location.receipt.session}` },
      { name: 'model', value: String(request.model), source },
    ],
    table: null,
  };
}

const measureNames = {
  bandwidth: 'bandwidth, bytes per second',
  hashRate: 'output tokens per 1,000 s',
  latencyMs: 'round trip, ms',
} as const;

/** What the task asks most of its miner, and what decided so. */
function classStep({ location, table, steering, request }: Found): Step {
  const { height, transaction, index } = location;
  const source = `${transactionAt(height, transaction)}, receipt ${index}`;
  const { floorPpb, dataTokensIn, computeTokensOut } = table.steering;
  const parameters = 'params.steering, at the draw';
  return {
    title: 'The class of the task, by what its payer signed, and the speed that it asks for',
    clause: '§6.6',
    facts: [
      { name: 'most tokens in', value: String(request.maxTokensIn), source },
      { name: 'most tokens out', value: String(request.maxTokensOut), source },
      { name: 'data from tokens in', value: String(dataTokensIn), source: parameters },
      { name: 'compute from tokens out', value: String(computeTokensOut), source: parameters },
      { name: 'class', value: taskClassOf(request, table.steering), source: 'the first of data, compute, interactive' },
      { name: 'steered by', value: measureNames[steering.measure], source: 'the class' },
      { name: 'median', value: String(steering.median ?? 'nobody was measured'), source: 'what was measured below' },
      { name: 'least factor', value: ratio(floorPpb), source: parameters },
    ],
    table: null,
  };
}

/** What the draw knew of a miner's speed, and what became of its weight. */
function speedOf({ miner, measures, weight }: DrawTable['entries'][number], steering: Steering) {
  const value = measures[steering.measure];
  const factorPpb = steering.factorPpb(measures);
  const measured = value > 0n ? String(value) : measures.isNew ? 'new' : 'never';
  return { miner, measured, factorPpb: String(factorPpb), weight: String(steeredWeight(weight, factorPpb)) };
}

function eligibleStep({ table, request, steering }: Found): Step {
  return {
    title: 'Who could be drawn; the base is max(trust, floor) × √concurrency × availability, the weight base × factor',
    clause: '§6.1, §6.6.1',
    facts: [],
    table: {
      head: ['miner', 'base', 'measured', 'factor', 'weight', 'operator', 'eligible'],
      rows: table.entries.map((entry) => {
        const { measured, factorPpb, weight } = speedOf(entry, steering);
        return [
          String(entry.miner),
          String(entry.weight),
          measured,
          ratio(Number(factorPpb)),
          weight,
          addressText(entry.operator),
          whyNot(entry, request) ?? 'yes',
        ];
      }),
    },
  };
}

function whyNot(entry: DrawTable['entries'][number], request: DrawRequest): string | null {
  const { kind, domain, model, payer, dedicatedMiners, drawHeight } = request;
  if (entry.weight === 0n) return 'no, paused, held by a case, deregistered or ejected';
  const isTooLow = kind === 'user' && entry.level < entry.userLevel;
  if (isTooLow) return `no, level ${entry.level} is below ${entry.userLevel}`;
  const isTested = kind === 'challenge' && entry.level >= entry.userLevel;
  if (isTested) return `no, level ${entry.level} needs no test`;
  if (entry.activeFrom > drawHeight) return `no, active only from block ${entry.activeFrom}`;
  if (entry.domain !== domain) return `no, works for domain ${entry.domain}`;
  if (!entry.models.includes(model)) return `no, does not serve model ${model}`;
  if (dedicatedMiners.length > 0 && !dedicatedMiners.includes(entry.miner)) return 'no, not named by the session';
  const isPayers = equalBytes(entry.operator, payer) || equalBytes(entry.owner, payer);
  return isPayers ? "no, is the payer's own" : null;
}

function drawStep(draw: readonly DrawRank[]): Step {
  return {
    title: 'The draw: rank r takes the lot SHA-256(beacon ‖ task id ‖ r) among the weights still in it',
    clause: '§6.2',
    facts: [],
    table: {
      head: ['rank', 'lot', 'of total weight', 'falls on miner', 'with weight'],
      rows: draw.map(({ miner, weight, lot, totalWeight }, rank) => [
        String(rank),
        String(lot),
        String(totalWeight),
        String(miner),
        String(weight),
      ]),
    },
  };
}

/** Who had it before, and who asked that it be taken away; nothing when nobody was late. */
function lateSteps({ late }: Found): Step[] {
  if (late.length === 0) return [];
  const rows = late.map(({ attempt, miner, step, oracle, height }) => [
    ...[String(attempt), String(miner), step, String(oracle)],
    stateAfter(height),
  ]);
  const table = { head: ['attempt', 'miner', 'late with', 'asked by oracle', 'recorded'], rows };
  return [
    { title: 'The attempts before: taken from their miner when a step was late', clause: '§7.8', facts: [], table },
  ];
}
