import { problemOfParams } from '@assay/ledger';
import { type Params, withParameter } from '@assay/protocol';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';

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

/** The option that sets a parameter; it may be given more than once. */
export const settingOption = z
  .array(
    z.string().transform((text, context): Setting => {
      const read = settingOf(text);
      if (read !== null) return read;
      context.addIssue(`--set takes PATH=VALUE, as in --set audit.floorPpb=50000000, not "${text}".`);
      return z.NEVER;
    }),
  )
  .default([]);

/** Who sets parameters: a vote may change most of them, and a genesis can have any that work. */
export type SetBy = 'vote' | 'genesis';
const refusals: Readonly<Record<SetBy, string>> = {
  vote: 'No vote could make this change',
  genesis: 'No network can begin like this',
};

/**
 * The parameters with every setting made at once, and the values as the JSON texts a proposal has. An amount may be
 * written without the quotes JSON asks for. Throws Refusal with a sentence when the change cannot be made.
 */
export function withSettings(
  params: Params,
  settings: readonly Setting[],
  by: SetBy = 'vote',
): { params: Params; values: string[] } {
  const values: string[] = [];
  let changed = params;
  for (const setting of settings) {
    const { params: next, value } = withSetting(changed, setting, by);
    changed = next;
    values.push(value);
  }
  const problem = problemOfParams(changed);
  if (problem !== null) throw refused(problem, by);
  return { params: changed, values };
}

function withSetting(params: Params, { path, text }: Setting, by: SetBy): { params: Params; value: string } {
  const plain = withParameter(params, path, text, by);
  if (!('code' in plain)) return { params: plain, value: text };
  const value = JSON.stringify(text);
  const quoted = withParameter(params, path, value, by);
  if (!('code' in quoted)) return { params: quoted, value };
  const { sentence } = plain.code === 'BAD_PARAMETER_VALUE' && quoted.code !== plain.code ? quoted : plain;
  throw refused(sentence, by);
}

function refused(sentence: string, by: SetBy): Refusal {
  return new Refusal('usage', `${refusals[by]}: ${sentence}.`);
}
