import { type ParameterChange, type ParameterProblem, type Params, withParameter } from '@assay/protocol';
import { problemOfParams } from './genesis.ts';

/**
 * The parameters with a change made (§12.2), or why it cannot be: outside type or bounds, or against what a genesis
 * must hold.
 */
export function changedParams(params: Params, { path, value }: ParameterChange): Params | ParameterProblem {
  const changed = withParameter(params, path, value);
  if (isProblem(changed)) return changed;
  const sentence = problemOfParams(changed);
  return sentence === null ? changed : { code: 'PARAMETER_OUT_OF_BOUNDS', sentence };
}

export function isProblem(changed: Params | ParameterProblem): changed is ParameterProblem {
  return 'code' in changed;
}
