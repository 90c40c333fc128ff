import { z } from 'zod';
import { count, ppb, units } from './scalars.ts';

const powerChange = z.object({ stakeUnits: units, work: units, fromPpb: ppb, targetPpb: ppb, powerPpb: ppb });

/** Events of an epoch's end about miners' levels and what validators weigh; of the validators all, in order. */
export const standingEvents = [
  z.object({ type: z.literal('levelChanged'), miner: count, from: count, to: count }),
  z.object({ type: z.literal('minerEjected'), miner: count, cusumMilli: count }),
  z.object({ type: z.literal('powersSet'), epoch: count, powerWorkPpb: ppb, powers: z.array(powerChange) }),
] as const;
