import { type Hindrance, formatUnits as units } from '@assay/client';
import { committeeOf, type LedgerView, MAX_RESULTS_OWED, termsAt } from '@assay/ledger';
import type { MinerRow, Ref, RoleStatus } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';

/** A role, and where the chain has it. */
export interface EarningRole {
  readonly kind: 'miner' | 'mixer' | 'oracle' | 'validator' | 'gateway';
  /** Null while it is not registered. */
  readonly index: number | null;
  /** Root of the engine that a miner serves with; null where that is not known. */
  readonly engine: Uint8Array | null;
}

const hindrance = (code: Hindrance['code'], sentence: string): Hindrance => ({ code, sentence });
type Checks = readonly (readonly [isSo: boolean, code: Hindrance['code'], sentence: string])[];
const holding = (checks: Checks) => checks.flatMap(([isSo, code, text]) => (isSo ? [hindrance(code, text)] : []));

/** What keeps a role from earning, by the head of the chain; the first is the one to see to first. Empty: nothing. */
export function hindrancesOf(head: LedgerView, { kind, index, engine }: EarningRole): Hindrance[] {
  if (index === null)
    return [hindrance('notRegistered', `The chain has no ${kind} with this key: run \`assay join\`.`)];
  if (kind === 'miner') return ofMiner(head, index, engine);
  const standing = ofStatus(kind, head[`${kind}s`].at(index));
  if (standing.length > 0) return standing;
  if (kind === 'mixer') return ofMixer(head, index);
  if (kind === 'validator') return ofValidator(head, index);
  return kind === 'oracle' ? ofPresence(head, kind, index) : ofStake(head, kind, index);
}

function ofStatus(kind: EarningRole['kind'], { status }: { readonly status: RoleStatus }): Hindrance[] {
  const goOn = `assay tx setRoleStatus --kind ${kind} --status active`;
  const gone = `This ${kind} is ${status}: register another one.`;
  return holding([
    [status === 'paused', 'paused', `It is paused. \`${goOn}\` lets it go on.`],
    [status === 'held', 'held', 'A case about its ejection is open: `assay cases` shows it, appealCase appeals it.'],
    [status === 'ejected' || status === 'banned' || status === 'deregistered', 'gone', gone],
  ]);
}

function ofMiner(head: LedgerView, index: Ref<'miners'>, engine: Uint8Array | null): Hindrance[] {
  const miner = head.miners.get(index);
  if (miner === undefined) return [];
  const standing = ofStatus('miner', miner);
  if (standing.length > 0) return standing;
  const { globals, params } = head;
  const terms = termsAt(head.domains.at(miner.domain), globals.epoch);
  const userLevel = Math.max(params.levels.userLevel, terms.userLevel);
  const trialEnd = miner.registeredPeriod + params.rewards.testPeriods;
  const differs = engine !== null && !equalBytes(engine, miner.engine) && !equalBytes(engine, miner.earlierEngine);
  const { minCollateralUnits: least } = terms;
  return holding([
    [differs, 'engineDiffers', 'It serves with another engine than it registered: start it again, which says so.'],
    [miner.collateralUnits < least, 'collateralTooLow', tooLow('collateral', miner.collateralUnits, least)],
    [
      miner.evidenceLevel === 0,
      'textOnly',
      'It gives text only, which nobody can re-check, so nothing is paid for it.',
    ],
    [!isAnyAccepted(head, miner), 'modelNotAccepted', 'None of the models it serves is accepted by the network.'],
    [owesTooMuch(miner), 'resultsOwed', 'No validator runs its engine: register another one with updateMiner.'],
    [miner.activeFrom > globals.height, 'notYetDrawn', `Draws may pick it from block ${miner.activeFrom} on.`],
    [miner.level < userLevel, 'levelTooLow', levelSentence(miner.level, userLevel)],
    [miner.forfeits, 'forfeits', 'It failed too many challenges: it gets no emission for this reward period.'],
    [globals.period < trialEnd, 'trialPeriod', `It is new: it gets emission from reward period ${trialEnd} on.`],
    [miner.tasks === 0, 'noTaskYet', 'It waits for its first challenge or task: the draw decides when that is.'],
  ]);
}

const isAnyAccepted = ({ models }: LedgerView, miner: Readonly<MinerRow>) =>
  miner.models.some((model) => models.at(model).status === 'accepted');
const owesTooMuch = ({ evidenceLevel, resultsOwed }: Readonly<MinerRow>) =>
  evidenceLevel > 0 && resultsOwed >= MAX_RESULTS_OWED;

function levelSentence(level: number, needed: number): string {
  return `Its level is ${level}, and users get miners from ${needed} on: challenges and audits it passes raise it.`;
}

function tooLow(what: string, has: bigint, least: bigint): string {
  return `Its ${what} is ${units(has)} units, and the least is ${units(least)}: \`assay tx bond\` adds to it.`;
}

function ofMixer(head: LedgerView, index: Ref<'mixers'>): Hindrance[] {
  const { epoch } = head.globals;
  const { seatFrom } = head.mixers.at(index);
  const isSeated = committeeOf(head, epoch).some(({ mixer }) => mixer === index);
  const from = Math.max(epoch + 1, seatFrom);
  const seat = `It has no seat in the committee. Who shows that it is there may have one from epoch ${from} on.`;
  return [
    ...ofStake(head, 'mixer', index),
    ...holding([[!isSeated, 'noSeat', seat]]),
    ...ofPresence(head, 'mixer', index),
  ];
}

function ofValidator(head: LedgerView, index: Ref<'validators'>): Hindrance[] {
  const noPower = 'Its power is 0: it has no say in blocks. Power follows stake and work at the end of each epoch.';
  return [
    ...ofStake(head, 'validator', index),
    ...holding([[head.powers.at(index).powerPpb === 0, 'noPower', noPower]]),
    ...ofPresence(head, 'validator', index),
  ];
}

/** §7.12 */
function ofPresence(head: LedgerView, kind: 'mixer' | 'oracle' | 'validator', index: number): Hindrance[] {
  const { seenUntil } = head[`${kind}s`].at(index);
  const absent = 'It was not seen lately, so it is drawn for nothing. It shows itself once an epoch while it runs.';
  const stake = kind === 'oracle' ? ofStake(head, kind, index) : [];
  return [...stake, ...holding([[seenUntil < head.globals.epoch, 'notSeen', absent]])];
}

function ofStake(head: LedgerView, kind: Exclude<EarningRole['kind'], 'miner'>, index: number): Hindrance[] {
  const { stakeUnits } = head[`${kind}s`].at(index);
  const least = head.params.stake[`${kind}MinUnits`];
  return holding([[stakeUnits < least, 'stakeTooLow', tooLow('stake', stakeUnits, least)]]);
}
