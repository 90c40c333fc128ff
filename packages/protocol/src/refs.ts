import { byValue, type Ref as RefOf, RefType } from '@assay/ssz';
import { ListBasicType } from '@chainsafe/ssz';

/** The tables whose rows others name, and what one of them is called. */
const nouns = {
  miners: 'miner',
  mixers: 'mixer',
  oracles: 'oracle',
  validators: 'validator',
  gateways: 'gateway',
  sessions: 'session',
  models: 'model',
  profiles: 'profile',
  domains: 'domain',
  proposals: 'proposal',
  cases: 'case',
} as const;
export type RefName = keyof typeof nouns;

/** The index of a row in its table; of a case its id, as its place changes. */
export type Ref<Name extends RefName> = RefOf<Name>;

const types = Object.fromEntries(
  Object.entries(nouns).map(([name, noun]) => [name, new RefType(name, noun)]),
) as unknown as { readonly [Name in RefName]: RefType<Name> };

/** The type of what names a row of a table. */
export const ref = <Name extends RefName>(name: Name): RefType<Name> => types[name];
/** The same in 16 bits, for a table that is never so long. */
export const shortRef = <Name extends RefName>(name: Name): RefType<Name> => new RefType(name, nouns[name], 2);
/** A list of at most `limit` of them. */
export const listOfRefs = <Name extends RefName>(name: Name, limit: number) =>
  byValue(new ListBasicType(ref(name), limit));
