import { z } from 'zod';
import { LocalRole } from './local.ts';
import { count } from './scalars.ts';

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
    'notYetDrawn',
    'levelTooLow',
    'trialPeriod',
    'forfeits',
    'noTaskYet',
    'noSeat',
    'notSeen',
    'noPower',
    'stakeTooLow',
  ]),
  sentence: z.string(),
});
export type Hindrance = z.infer<typeof Hindrance>;

/** A role that a node runs, or will once its chain is current. */
export const RoleCondition = z.object({
  ...LocalRole.shape,
  /** In the chain's table of its kind; null while it is not registered. */
  index: count.nullable(),
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
