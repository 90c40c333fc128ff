import { readdirSync, readFileSync } from 'node:fs';
import { Params } from '@assay/protocol';

const folder = new URL('./', import.meta.url);
const suffix = '.json';

/** The preset of a network that names none. */
export const defaultPreset = 'assay';

/** Every preset, by the name of its file, which holds the parameters that differ from the default and nothing else. */
export const presetNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort((a, b) => (a < b ? -1 : 1));

/** `base` with the parameters of a preset. Throws an Error when it sets one that is unknown or out of range. */
export function presetParams(name: string, base: Params): Params {
  const changes: unknown = JSON.parse(readFileSync(new URL(`${name}${suffix}`, folder), 'utf8'));
  return Params.fromJson(merged(Params.toJson(base), changes, name));
}

/** A JSON value with changes made to the members they name; lists and plain values are replaced. */
function merged(base: unknown, changes: unknown, path: string): unknown {
  if (!isRecord(base) || !isRecord(changes)) return changes;
  const unknown = Object.keys(changes).find((key) => !(key in base));
  if (unknown !== undefined) throw new Error(`There is no parameter ${path}.${unknown}.`);
  const members = Object.entries(changes).map(([key, value]) => [key, merged(base[key], value, `${path}.${key}`)]);
  return { ...base, ...Object.fromEntries(members) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
