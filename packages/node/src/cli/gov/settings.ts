import { problemOfParams } from '@assay/ledger';
import { type Params, withParameter } from '@assay/protocol';
import { CliError } from '../failures.ts';

/** A parameter as a person sets it: `audit.floorPpb` and `50000000`. */
export interface Setting {
  readonly path: string;
  readonly text: string;
}

/** Reads `PATH=VALUE`; null when it is not of that form. */
export function settingOf(text: string): Setting | null {
  const at = text.indexOf('=');
  return at > 0 ? { path: text.slice(0, at), text: text.slice(at + 1) } : null;
}

/**
 * The parameters with every setting made at once, and the values as the JSON texts a proposal has. An amount may be
 * written without the quotes JSON asks for. Throws CliError with a sentence when a vote could not make the change.
 */
export function withSettings(params: Params, settings: readonly Setting[]): { params: Params; values: string[] } {
  const values: string[] = [];
  let changed = params;
  for (const setting of settings) {
    const { params: next, value } = withSetting(changed, setting);
    changed = next;
    values.push(value);
  }
  const problem = problemOfParams(changed);
  if (problem !== null) throw refused(problem);
  return { params: changed, values };
}

function withSetting(params: Params, { path, text }: Setting): { params: Params; value: string } {
  const plain = withParameter(params, path, text);
  if (!('code' in plain)) return { params: plain, value: text };
  const value = JSON.stringify(text);
  const quoted = withParameter(params, path, value);
  if (!('code' in quoted)) return { params: quoted, value };
  throw refused(plain.code === 'BAD_PARAMETER_VALUE' && quoted.code !== plain.code ? quoted.sentence : plain.sentence);
}

function refused(sentence: string): CliError {
  return new CliError('usage', `No vote could make this change: ${sentence}.`);
}
