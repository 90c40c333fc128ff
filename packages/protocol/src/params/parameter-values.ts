import type { Bounds, Parameter, ParameterGroup } from './parameter.ts';
import { Params, parameters } from './parameters.ts';

/** Some of the parameters; a list is named as a whole. */
export type ParamsChange<Value = Params> = {
  readonly [Name in keyof Value]?: Value[Name] extends number | bigint | boolean | readonly unknown[]
    ? Value[Name]
    : ParamsChange<Value[Name]>;
};

/** `base` with those of its values that `change` names. */
export function withParams(base: Params, change: ParamsChange): Params {
  return merged(base, change) as Params;
}

function merged(base: unknown, change: unknown): unknown {
  if (!isGroup(base) || !isGroup(change)) return change;
  const members = Object.entries(change).map(([name, value]) => [name, merged(base[name], value)]);
  return { ...base, ...Object.fromEntries(members) };
}

type Entries = Readonly<Record<string, Parameter | Pick<ParameterGroup, 'parameters'>>>;

/** Every parameter by its path: `audit.floorPpb`. */
export const parameterPaths: ReadonlyMap<string, Parameter> = new Map(pathsOf(parameters, ''));

function pathsOf(entries: Entries, prefix: string): [string, Parameter][] {
  return Object.entries(entries).flatMap(([name, entry]) =>
    'parameters' in entry ? pathsOf(entry.parameters, `${prefix}${name}.`) : [[prefix + name, entry]],
  );
}

/** What a network has that chooses nothing. */
export const defaultParams = defaultsOf(parameters) as Params;

function defaultsOf(entries: Entries): unknown {
  const members = Object.entries(entries).map(([name, entry]) => [
    name,
    'parameters' in entry ? defaultsOf(entry.parameters) : entry.default,
  ]);
  return Object.fromEntries(members);
}

/** Why a change of parameters cannot be. */
export interface ParameterProblem {
  readonly code: 'UNKNOWN_PARAMETER' | 'FIXED_PARAMETER' | 'BAD_PARAMETER_VALUE' | 'PARAMETER_OUT_OF_BOUNDS';
  /** Says what is wrong with which value; without a full stop. */
  readonly sentence: string;
}

/**
 * `params` with one of them changed (§12.2). `path` names a single value, `audit.floorPpb`, or a whole group,
 * `stacks`; `text` is its new value in JSON, as the genesis file would have it. Sums over a group are not checked here.
 * Before there is a chain, in the `genesis`, those may be set too that no vote can change.
 */
export function withParameter(
  params: Params,
  path: string,
  text: string,
  by: 'vote' | 'genesis' = 'vote',
): Params | ParameterProblem {
  const json = Params.toJson(params) as Json;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const group = names.reduce<unknown>((at, name) => (isGroup(at) && Object.hasOwn(at, name) ? at[name] : null), json);
  if (!isGroup(group) || !Object.hasOwn(group, last)) {
    return { code: 'UNKNOWN_PARAMETER', sentence: `there is no parameter "${path}"` };
  }
  const leaves = leavesOf(group[last], path);
  const fixed = by === 'vote' ? leaves.find((leaf) => boundsOf(leaf) === null) : undefined;
  if (fixed !== undefined) return { code: 'FIXED_PARAMETER', sentence: `${fixed} stays as the genesis has it` };
  const changed = withValue(json, group, last, text);
  if (typeof changed === 'string') return { code: 'BAD_PARAMETER_VALUE', sentence: `${path}: ${changed}` };
  const problem = leaves.map((leaf) => boundsProblem(changed, leaf)).find((sentence) => sentence !== null);
  return problem === undefined ? changed : { code: 'PARAMETER_OUT_OF_BOUNDS', sentence: problem ?? '' };
}

type Json = Record<string, unknown>;

function isGroup(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function leavesOf(value: unknown, path: string): string[] {
  if (!isGroup(value)) return [path];
  return Object.keys(value).flatMap((name) => leavesOf(value[name], `${path}.${name}`));
}

function boundsOf(leaf: string): Bounds {
  return parameterPaths.get(leaf)?.bounds ?? null;
}

/** The parameters with `group[name]` read from `text`, or what is wrong with the text. */
function withValue(json: Json, group: Json, name: string, text: string): Params | string {
  try {
    group[name] = JSON.parse(text);
    return Params.fromJson(json);
  } catch (error) {
    return error instanceof SyntaxError ? `${text} is not JSON` : messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function boundsProblem(params: Params, leaf: string): string | null {
  const bounds = boundsOf(leaf);
  if (bounds === 'list' || bounds === null) return null;
  const value = leaf.split('.').reduce<unknown>((at, name) => (at as Json)[name], params);
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    return `${leaf} cannot be set`;
  }
  const [min, max] = bounds;
  if (BigInt(value) >= min && BigInt(value) <= max) return null;
  return `${leaf} must be from ${min} to ${max}, not ${value}`;
}
