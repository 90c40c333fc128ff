import type { Adversary } from './adversary.ts';
import { doubleChargingGateway } from './gateway/double-charging.ts';
import { neverPayingClient } from './gateway/never-paying.ts';
import { challengeOnlyHonest } from './miner/challenge-only-honest.ts';
import { copier } from './miner/copier.ts';
import { earlyStopper } from './miner/early-stopper.ts';
import { layerCut } from './miner/layer-cut.ts';
import { otherSystemPrompt } from './miner/other-system-prompt.ts';
import { padder } from './miner/padder.ts';
import { preFiller } from './miner/pre-filler.ts';
import { precommitBreaker } from './miner/precommit-breaker.ts';
import { replayer } from './miner/replayer.ts';
import { requantised } from './miner/requantised.ts';
import { selfDealer } from './miner/self-dealer.ts';
import { smallerModel } from './miner/smaller-model.ts';
import { sybilPair } from './miner/sybil-pair.ts';
import { truncatedContext } from './miner/truncated-context.ts';
import { censoringMixer } from './mixer/censoring.ts';
import { equivocatingMixer } from './mixer/equivocating.ts';
import { lyingMixerDown } from './mixer/lying-down.ts';
import { lyingMixerUp } from './mixer/lying-up.ts';
import { censoringOracle } from './oracle/censoring.ts';
import { bribedValidator } from './validator/bribed.ts';
import { copyingValidator } from './validator/copying.ts';
import { lazyValidator } from './validator/lazy.ts';

export { attackersOf } from './attackers.ts';

/** Every attack that `assay up --adversary` can put into a network. */
export const adversaries: readonly Adversary[] = [
  requantised,
  layerCut,
  smallerModel,
  preFiller,
  replayer,
  truncatedContext,
  otherSystemPrompt,
  earlyStopper,
  padder,
  copier,
  challengeOnlyHonest,
  sybilPair,
  selfDealer,
  precommitBreaker,
  lazyValidator,
  copyingValidator,
  bribedValidator,
  lyingMixerUp,
  lyingMixerDown,
  equivocatingMixer,
  censoringMixer,
  censoringOracle,
  doubleChargingGateway,
  neverPayingClient,
];
