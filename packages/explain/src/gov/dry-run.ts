import { Ledger, snapshotAfter, trusting, type Verifier } from '@assay/ledger';
import { type EpochClose, type LedgerEvent, type ProposalAction, type Ref, ref, State } from '@assay/protocol';
import { Refusal } from '../refusal.ts';
import { type History, headOf, type Replayed, replayBlocks, startUpTo } from '../replay-blocks.ts';
import { type Setting, withSettings } from './settings.ts';

/** What one account earned as one thing over the epochs, base units. */
export interface Earning {
  /** The zero address for the treasury. */
  readonly account: Uint8Array;
  /** `miner 3`; `treasury`. */
  readonly as: string;
  readonly beforeUnits: bigint;
  readonly afterUnits: bigint;
}

export interface Totals {
  readonly mintedUnits: bigint;
  readonly revenueUnits: bigint;
  readonly burnedUnits: bigint;
}

export interface DryRun {
  readonly fromEpoch: number;
  readonly toEpoch: number;
  readonly earnings: readonly Earning[];
  readonly before: Totals;
  readonly after: Totals;
  /** Transactions whose result the change alters. */
  readonly otherResults: number;
}

/**
 * Replays the last `epochs` closed epochs twice from the state they began with: as they were, and with parameters
 * changed or a proposal carried out. Both times the production ledger takes the very same blocks.
 */
export async function dryRun(
  history: History,
  asked: {
    readonly settings: readonly Setting[];
    readonly proposal?: Ref<'proposals'> | undefined;
    readonly epochs: number;
  },
  options: { readonly fast: boolean },
): Promise<DryRun> {
  const { epochBlocks } = history.genesis.params;
  const toEpoch = Math.floor((history.height + 1) / epochBlocks) - 1;
  const fromEpoch = toEpoch - asked.epochs + 1;
  if (fromEpoch < 0) {
    const closed = toEpoch + 1;
    if (closed === 0) throw new Refusal('notFound', 'No epoch of this chain is closed yet; try again when one is.');
    throw new Refusal('usage', `Only ${closed} epochs of this chain are closed; ask for --epochs ${closed} at most.`);
  }
  const { settings } = asked;
  const action = asked.proposal === undefined ? null : await actionOfProposal(history, asked.proposal, options);
  const change = { settings, action };
  const verifier = options.fast ? trusting : history.verifier;
  const books = { before: new Book(), after: new Book() };
  const lastBefore = Math.max(0, fromEpoch * epochBlocks - 1);
  const start = await startUpTo(history, lastBefore);
  const isThere = start.ledger.state.globals.height === lastBefore;
  let changed = isThere ? changedLedger(start.ledger, change) : null;
  let otherResults = 0;
  for await (const replayed of replayBlocks(history, { ...options, start })) {
    const { height, result, ledger } = replayed;
    if (books.before.lastEpoch === toEpoch && books.after.lastEpoch === toEpoch) break;
    if (changed !== null) {
      const other = applyAgain(changed, replayed, verifier);
      otherResults += other.transactions.filter(({ code }, i) => code !== result.transactions[i]?.code).length;
      books.before.take(result.events);
      books.after.take(other.events);
    } else if (height >= lastBefore && !ledger.isSettling) {
      changed = changedLedger(ledger, change);
    }
  }
  if (books.before.lastEpoch !== toEpoch || books.after.lastEpoch !== toEpoch) {
    throw new Refusal('notFound', `Epoch ${toEpoch} is still being settled; try again when it is.`);
  }
  const earnings = books.before.against(books.after);
  return { fromEpoch, toEpoch, earnings, before: books.before.totals, after: books.after.totals, otherResults };
}

/** What a run changes: parameters, and what a proposal asks for. */
interface Change {
  readonly settings: readonly Setting[];
  readonly action: ProposalAction | null;
}

function changedLedger(ledger: Ledger, { settings, action }: Change): Ledger {
  const state = State.deserialize(ledger.snapshot());
  const snapshot = State.serialize({ ...state, params: withSettings(state.params, settings).params });
  const changed = action === null ? snapshot : snapshotAfter(snapshot, action);
  if (changed !== null) return Ledger.fromSnapshot(changed);
  throw new Refusal('usage', 'What this proposal asks for was not possible when these epochs began.');
}

async function actionOfProposal(
  history: History,
  proposal: Ref<'proposals'>,
  options: { readonly fast: boolean },
): Promise<ProposalAction> {
  const row = (await headOf(history, options)).state.proposals.get(proposal);
  if (row === undefined) {
    throw new Refusal(
      'notFound',
      `There is no ${ref('proposals').describe(proposal)}; \`assay gov list\` shows those there are.`,
    );
  }
  const { action } = row;
  if (action.kind !== 'upgrade') return action;
  throw new Refusal('usage', 'An upgrade changes rules, and a version replays by those it knows: try the newer one.');
}

function applyAgain(ledger: Ledger, { height, block }: Replayed, verifier: Verifier) {
  const { timeMs } = block.header;
  return ledger.applyBlock({ height, timeMs, transactions: block.transactions }, verifier);
}

type Earned = Pick<Earning, 'account' | 'as'> & { readonly units: bigint };

/** What the epochs of one run paid. */
class Book {
  readonly #earned = new Map<string, Earned>();
  lastEpoch: number | null = null;
  totals: Totals = { mintedUnits: 0n, revenueUnits: 0n, burnedUnits: 0n };

  take(events: readonly LedgerEvent[]): void {
    for (const event of events) if (event.type === 'epochClosed') this.#takeClose(event.close);
  }

  /** Everyone who earned anything in either run, the largest difference first. */
  against(after: Book): Earning[] {
    const keys = new Set([...this.#earned.keys(), ...after.#earned.keys()]);
    const earnings = [...keys].flatMap((key): Earning[] => {
      const [before, then] = [this.#earned.get(key), after.#earned.get(key)];
      const known = before ?? then;
      if (known === undefined) return [];
      const { account, as } = known;
      return [{ account, as, beforeUnits: before?.units ?? 0n, afterUnits: then?.units ?? 0n }];
    });
    const size = ({ beforeUnits, afterUnits }: Earning) =>
      afterUnits > beforeUnits ? afterUnits - beforeUnits : beforeUnits - afterUnits;
    return earnings.sort((a, b) => (size(a) === size(b) ? 0 : size(a) > size(b) ? -1 : 1));
  }

  #takeClose({ epoch, payouts, mintedUnits, revenueUnits, burnedUnits }: EpochClose): void {
    this.lastEpoch = epoch;
    for (const { account, kind, role, units } of payouts) {
      const as = kind === null ? 'treasury' : `${kind} ${role}`;
      const key = `${as}/${account.join('.')}`;
      this.#earned.set(key, { account, as, units: units + (this.#earned.get(key)?.units ?? 0n) });
    }
    this.totals = {
      mintedUnits: this.totals.mintedUnits + mintedUnits,
      revenueUnits: this.totals.revenueUnits + revenueUnits,
      burnedUnits: this.totals.burnedUnits + burnedUnits,
    };
  }
}
