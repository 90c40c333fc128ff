import type { Comparison, Hindrance, MinerEarning } from '@assay/client';
import {
  isUndecided,
  type LedgerView,
  MAX_RESULTS_OWED,
  namesEngine,
  profilesInForce,
  termsAt,
  userLevelOf,
} from '@assay/ledger';
import { EngineInfo, type MinerRow, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { holding, ofCases, ofStatus, tooLow } from './hindrance.ts';

/** All that can be said of how a miner earns; `engine` is what it serves with, null where that is not known. */
export function minerEarning(head: LedgerView, index: Ref<'miners'>, engine: EngineInfo | null): MinerEarning {
  const miner = head.miners.standing(index);
  const { height } = head.globals;
  const { minCollateralUnits } = termsAt(head.domains.at(miner.domain), head.globals.epoch);
  const openCases = Array.from(head.cases).flatMap((row) =>
    row.kind === 'miner' && row.role === index && isUndecided(row) ? [row.id] : [],
  );
  return {
    index,
    engine: engine === null ? null : (EngineInfo.toJson(engine) as MinerEarning['engine']),
    comparison: comparisonOf(head, miner, engine),
    isDrawn: miner.weight > 0n && miner.activeFrom <= height,
    userLevel: userLevelOf(head, miner.domain),
    minCollateralUnits: String(minCollateralUnits),
    openCases,
    hindrances: hindrancesOfMiner(head, index, engine),
  };
}

/** How validators can tell whether its answers are right (verification §3.4). */
function comparisonOf(head: LedgerView, miner: Readonly<MinerRow>, engine: EngineInfo | null): Comparison {
  if (miner.evidenceLevel === 0) return 'text';
  const root = engine === null ? miner.engine : EngineInfo.hashTreeRoot(engine);
  const each = miner.models.map((model) => {
    const profiles = profilesInForce(head, model).map(({ profile }) => profile);
    if (profiles.some(({ minerEngine }) => equalBytes(minerEngine, root))) return 'named';
    if (engine?.sampler === 'seeded' || profiles.some(({ auditorEngine }) => equalBytes(auditorEngine, root))) {
      return 'equal';
    }
    if (engine === null) return 'unknown';
    return profiles.length > 0 ? 'widest' : 'none';
  });
  // What helps least is what its operator has to know of.
  return (['none', 'widest', 'unknown', 'equal'] as const).find((word) => each.includes(word)) ?? 'named';
}

/** What keeps a miner from earning; the first is the one to see to first. */
export function hindrancesOfMiner(head: LedgerView, index: Ref<'miners'>, engine: EngineInfo | null): Hindrance[] {
  const miner = head.miners.get(index);
  if (miner === undefined) return [];
  const standing = ofStatus('miner', index, miner);
  const reasons = standing.length > 0 ? standing : [...ofOffer(head, miner, engine), ...ofStanding(head, miner)];
  return [...reasons, ...ofCases(head, 'miner', index)];
}

/** What a miner does whose engine validators cannot compare. */
export const profileCure =
  'Serve with the built-in engine; or have a noise profile measured with `assay calibrate` and put in force by a vote.';

/** What it offers, and whether anybody can check that. */
function ofOffer(head: LedgerView, miner: Readonly<MinerRow>, engine: EngineInfo | null): Hindrance[] {
  // §3.8 For new tasks the engine before counts no more.
  const differs = engine !== null && !namesEngine(miner, engine, false);
  const { minCollateralUnits: least } = termsAt(head.domains.at(miner.domain), head.globals.epoch);
  const comparison = comparisonOf(head, miner, engine);
  const name = engine === null ? 'its engine' : `its engine, ${engine.name} ${engine.build}`;
  const accepted = [...head.models].flatMap(({ status, name: model }) => (status === 'accepted' ? [model] : []));
  const { resultsOwed } = miner;
  const owed = `It owes ${resultsOwed} audits with a result, as validators could not compare its engine`;
  const isOver = resultsOwed >= MAX_RESULTS_OWED;
  const owing = isOver ? `${owed}: it is drawn for nothing.` : `${owed}: all its tasks are audited.`;
  const another = '`assay tx updateMiner` registers another engine, and it is tried again.';
  return holding([
    [
      differs,
      'engineDiffers',
      'It serves with another engine than it registered.',
      'Start its node again, which registers the new one; that holds from the next epoch on.',
    ],
    [miner.collateralUnits < least, 'collateralTooLow', ...tooLow('collateral', miner.collateralUnits, least)],
    [
      comparison === 'text',
      'textOnly',
      'It gives text only, which nobody can re-check, so no answer of it is paid.',
      'Serve the model file: `--model FILE`, with `--upstream URL` for a server that has its weights.',
    ],
    [
      !miner.models.some((model) => head.models.at(model).status === 'accepted'),
      'modelNotAccepted',
      'None of the models it serves is accepted by the network.',
      accepted.length === 0 ? 'Wait for the vote on it.' : `Serve ${accepted.join(' or ')}, or wait for the vote.`,
    ],
    [
      comparison === 'none',
      'engineUncompared',
      `No noise profile of its model is in force, so no validator can compare ${name}: nothing of it is paid.`,
      profileCure,
    ],
    [
      comparison === 'widest',
      'engineUnnamed',
      `No noise profile names ${name}: by the widest only a pass is paid, and it builds no trust.`,
      profileCure,
    ],
    [
      miner.engineUnknown && resultsOwed === 0 && ['equal', 'named', 'unknown'].includes(comparison),
      'engineUnknown',
      'No auditor has known its present engine yet: all its tasks are audited until one does.',
      comparison === 'unknown' ? profileCure : null,
    ],
    [resultsOwed > 0 && miner.evidenceLevel > 0, 'resultsOwed', owing, isOver ? another : profileCure],
  ]);
}

/** How far it has come, and what only time or work changes. */
function ofStanding(head: LedgerView, miner: Readonly<MinerRow>): Hindrance[] {
  const { globals, params } = head;
  const userLevel = userLevelOf(head, miner.domain);
  const trialEnd = miner.registeredPeriod + params.rewards.testPeriods;
  return holding([
    [miner.activeFrom > globals.height, 'notYetDrawn', `Draws may pick it from block ${miner.activeFrom} on.`, null],
    [
      miner.level < userLevel,
      'levelTooLow',
      `Its level is ${miner.level}, and users get miners from ${userLevel} on.`,
      'Keep it running: challenges and audits it passes raise it.',
    ],
    [
      miner.forfeits,
      'forfeits',
      'It failed an audit hard, or too many challenges: it gets no emission for this reward period.',
      '`assay case list` shows why; the next period counts again.',
    ],
    [globals.period < trialEnd, 'trialPeriod', `It is new: it gets emission from reward period ${trialEnd} on.`, null],
    [miner.tasks === 0, 'noTaskYet', 'It has had no task yet: the draw decides when one comes.', null],
  ]);
}
