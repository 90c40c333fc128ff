import { pageLimits, type QueryName, queryParameters } from '@assay/client';
import type { z } from 'zod';
import { Refusal } from './refusal.ts';

const digits = /^\d{1,15}$/;

/** Longest part of a name that is repeated in an error, characters. */
const shownLength = 64;

/** `name`, short enough to be repeated to who sent it. */
export function shown(name: string): string {
  return name.length <= shownLength ? name : `${name.slice(0, shownLength)}…`;
}

/** A whole number in decimal digits; refused as `param` otherwise. */
export function readWholeNumber(text: unknown, param: string): number {
  if (typeof text === 'string' && digits.test(text)) return Number(text);
  throw new Refusal('INVALID_REQUEST', param, `\`${param}\` must be a whole number in decimal digits.`);
}

/** A route's query: only its own parameters, the rest at their defaults. */
export interface Query {
  readonly from: number;
  readonly limit: number;
  readonly before: number | null;
  readonly epoch: number | null;
}

/** Reads a query in which only `names` may occur. */
export function readQuery(query: unknown, names: readonly QueryName[]): Query {
  const given = query as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if ((names as readonly string[]).includes(name)) continue;
    throw new Refusal('UNSUPPORTED_PARAMETER', shown(name), `Remove \`${shown(name)}\` from the query.`);
  }
  const { from, limit, before, epoch } = given;
  return {
    from: from === undefined ? 0 : readParameter(from, 'from'),
    limit: limit === undefined ? pageLimits.standard : readParameter(limit, 'limit'),
    before: before === undefined ? null : readParameter(before, 'before'),
    epoch: epoch === undefined ? null : readParameter(epoch, 'epoch'),
  };
}

function readParameter(text: unknown, name: QueryName): number {
  const schema: z.ZodType<number> = queryParameters[name];
  const read = schema.safeParse(readWholeNumber(text, name));
  if (read.success) return read.data;
  throw new Refusal('INVALID_REQUEST', name, `\`${name}\` ${read.error.issues[0]?.message}.`);
}
