import { EngineInfo } from '@assay/protocol';
import { z } from 'zod';
import { LocalRole } from './local.ts';
import { count, units } from './scalars.ts';
import { schemaOf } from './schema-of.ts';

/** Why a role earns nothing, or less than it might, and what to do (`node.md`, §20.6). */
export const Hindrance = z.object({
  code: z.enum([
    'notRegistered',
    'paused',
    'held',
    'gone',
    'engineDiffers',
    'textOnly',
    'modelNotAccepted',
    'collateralTooLow',
    'resultsOwed',
    'engineUnnamed',
    'engineUnknown',
    'engineUncompared',
    'notYetDrawn',
    'levelTooLow',
    'trialPeriod',
    'forfeits',
    'noTaskYet',
    'noSeat',
    'notSeen',
    'noPower',
    'stakeTooLow',
    'caseOpen',
  ]),
  sentence: z.string(),
  /** What to do; null where there is nothing but to wait. */
  cure: z.string().nullable(),
});
export type Hindrance = z.infer<typeof Hindrance>;

/** A role that a node runs, or will once its chain is current. */
export const RoleCondition = z.object({
  ...LocalRole.shape,
  /** In the chain's table of its kind; null while it is not registered. */
  index: count.nullable(),
  /** Of a miner: whether its model is still being loaded; until then it declines what it is drawn for (§20.9). */
  isLoading: z.boolean(),
  /** Empty: nothing that the chain shows keeps it from earning. */
  hindrances: z.array(Hindrance),
});
export type RoleCondition = z.infer<typeof RoleCondition>;

/** What a node is, how far it is and how its roles do. */
export const NodeCondition = z.object({
  version: z.string(),
  /** Who decides which block comes next: this process, CometBFT, or the nodes it follows. */
  engine: z.enum(['embedded', 'cometbft', 'follow']),
  height: count,
  /** Roles are silent until it is. */
  isCurrent: z.boolean(),
  /** Behind what the nodes it follows say; null where nobody is followed. */
  lagBlocks: count.nullable(),
  /** Age of the last block by the clock of this machine. */
  lagSeconds: count,
  /** Connections with others; null where all of the network is in this process. */
  peers: count.nullable(),
  /** Number of the rule that holds, and of the one that a vote has put in force for a height to come. */
  rule: count,
  nextRule: z.object({ rule: count, height: count, isKnown: z.boolean() }).nullable(),
  roles: z.array(RoleCondition),
});
export type NodeCondition = z.infer<typeof NodeCondition>;

/**
 * How validators can tell whether answers of an engine are right (verification §3.3, §3.4). Of `text` nobody can.
 * `equal` engines give the same numbers; a `named` one has a profile. By the `widest` of the model only a pass counts,
 * with `none` in force nothing. `unknown`: no profile names it, and only its own node knows which it is.
 */
export const Comparison = z.enum(['text', 'equal', 'named', 'widest', 'none', 'unknown']);
export type Comparison = z.infer<typeof Comparison>;

/** What a miner's row does not say of how it earns. */
export const MinerEarning = z.object({
  index: count,
  /** Its engine by name; null where another node runs it, or this one still loads its model. */
  engine: schemaOf(EngineInfo).nullable(),
  comparison: Comparison,
  /** Whether a draw of the next block may pick it. */
  isDrawn: z.boolean(),
  /** The level from which on users get it, and the least collateral of its domain. */
  userLevel: count,
  minCollateralUnits: units,
  /** Cases against it that are undecided. */
  openCases: z.array(count),
  hindrances: z.array(Hindrance),
});
export type MinerEarning = z.infer<typeof MinerEarning>;
