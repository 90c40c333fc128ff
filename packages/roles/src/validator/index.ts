/**
 * A validator repeats what miners say they did: one prefill of the registered model over an answer that the beacon drew
 * gives numbers, which it commits to and then reveals (§10). It judges nobody; the ledger counts the numbers of several
 * validators. What it cannot run is no result, never a pass. It also votes on models, by opening them (§4.5).
 */
export { type Measurement, type Measuring, measure } from './measure.ts';
export { Validator } from './service.ts';
