import type { BodyValues, Ref, StakeKind } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { changesEngine } from '../draw/engines.ts';
import { MAX_RESULTS_OWED } from '../standing/standing.ts';
import type { LedgerState } from '../state/state.ts';
import { keyKinds } from '../state/view.ts';

/**
 * Carries out what the epoch announced for the next one, in its order (§3.6, §3.7). Once the books are closed, so that
 * what was earned is paid by the terms it was earned under.
 */
export function applyChanges(state: LedgerState): void {
  for (const { kind, role, publicKey } of state.keyChanges) setKey(state, kind, { role, publicKey });
  for (const { mixer, blsPublicKey } of state.committeeKeyChanges) {
    state.mixers.update(mixer, { blsPublicKey });
  }
  const keyOf = new Map(
    Array.from(state.consensusKeyChanges, ({ validator, consensusKey }) => [validator, consensusKey]),
  );
  for (const [validator, consensusKey] of keyOf) setConsensusKey(state, validator, consensusKey);
  const lastOf = new Map(Array.from(state.minerUpdates, ({ miner, ...terms }) => [miner, terms] as const));
  for (const [miner, terms] of lastOf) updateTerms(state, miner, terms);
  const { keyChanges, committeeKeyChanges, consensusKeyChanges, minerUpdates } = state;
  for (const announced of [keyChanges, committeeKeyChanges, consensusKeyChanges, minerUpdates]) {
    announced.retain(() => false);
  }
}

/** §3.10 The old key signs one block more, and is kept as long as its votes may be evidence. */
function setConsensusKey(state: LedgerState, validator: Ref<'validators'>, consensusKey: Uint8Array): void {
  const { consensusKey: old } = state.validators.at(validator);
  state.retiredKeys.push({ validator, consensusKey: old, lastHeight: state.globals.height + 1 });
  state.validators.update(validator, { consensusKey });
}

function updateTerms(state: LedgerState, miner: Ref<'miners'>, terms: Omit<BodyValues['updateMiner'], 'miner'>): void {
  const row = state.miners.at(miner);
  const earlier = {
    earlierEngine: row.engine,
    earlierEvidenceLevel: row.evidenceLevel,
    engineEpoch: state.globals.epoch + 1,
    engineUnknown: true,
  };
  state.miners.update(miner, {
    ...terms,
    ...(changesEngine(row, terms) && earlier), // §3.8
    resultsOwed: Math.min(row.resultsOwed, MAX_RESULTS_OWED - 1), // §10.14
  });
}

function setKey(state: LedgerState, announced: StakeKind, change: { role: number; publicKey: Uint8Array }): void {
  const kind = keyKinds.find((each) => each === announced);
  invariant(kind !== undefined, `a key is announced for no role: ${announced}`);
  const { role, publicKey } = change;
  if (kind === 'mixer') state.mixers.update(role, { publicKey });
  else state[`${kind}s`].update(role, { publicKey });
}
