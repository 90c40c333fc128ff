/**
 * A mixer takes tasks and answers for them: it draws who works, sees to it that somebody does, measures the miners, and
 * has every receipt signed by two thirds of the other mixers, whose own it signs in turn. These are four parts: `task/`
 * runs tasks, `batch/` certifies, `measure/` asks miners what it knows already, `transition/` tells and hears where
 * tasks stand. None of them calls another. They stand on one `ground.ts`, and say what the others need to know in
 * `part-messages.ts`; `service.ts` hands each message to the part that it is for.
 */
export { contentsOf, ofReceipt, ofReport, ofTransition } from './attestations.ts';
export { DrawTables } from './draw-tables.ts';
export { Mixer, type MixerOptions } from './service.ts';
export type { QueueView } from './task/service.ts';
