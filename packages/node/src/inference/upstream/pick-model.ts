import { failed } from './failures.ts';

/** The model that a server is asked for: the one named, else the first it lists. Throws BACKEND_FAILED. */
export function pickModel(baseUrl: string, names: readonly string[], asked: string | null): string {
  const [first] = names;
  if (first === undefined) throw failed(baseUrl, 'lists no models. Load one there; most addresses end with /v1.');
  if (asked === null || names.includes(asked)) return asked ?? first;
  throw failed(baseUrl, `has no model ${asked}. It has: ${names.join(', ')}.`);
}
