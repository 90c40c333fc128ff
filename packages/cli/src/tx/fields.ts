import { type BodyKind, type BodyValues, ParameterChange, TransactionBody } from '@assay/protocol';
import { OneOfType } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';
import { CliError } from '../failures.ts';
import { type Form, formOf, type Known, misread, optionKey, type Struct } from './forms.ts';

/** One option of `assay tx KIND`. */
export interface TxOption {
  /** Its name among the options that were given: `amount`. */
  readonly key: string;
  readonly flag: string;
  readonly form: Form;
  readonly description: string;
}

/** A field of a transaction: one option, or for a union one of several. */
interface Field {
  readonly name: string;
  readonly options: readonly TxOption[];
  value(option: number, read: unknown): unknown;
}

/** The type that a transaction of a kind has as its body. */
export function bodyType(kind: BodyKind): Struct {
  return TransactionBody.members[kind] as unknown as Struct;
}

function fieldsOf(kind: BodyKind): Field[] {
  const { fieldsEntries, typeName } = bodyType(kind);
  return fieldsEntries.map(({ fieldName: name, fieldType }): Field => {
    if (fieldType instanceof OneOfType) {
      const { kinds, members } = fieldType as OneOfType<Record<string, Type<unknown>>>;
      const options = Object.values(members).map((type) =>
        optionOf(memberKey(type), formOf(type, name, typeName), name),
      );
      return { name, options, value: (option, value) => ({ kind: kinds[option], value }) };
    }
    const form = formOf(fieldType, name, typeName);
    return { name, options: [optionOf(optionKey(name, fieldType), form, name)], value: (_, value) => value };
  });
}

/** A member of a union is named by its type; a change of a parameter as `assay gov dry-run` names it. */
function memberKey(type: Type<unknown>): string {
  if (type === ParameterChange) return 'set';
  return `${type.typeName.charAt(0).toLowerCase()}${type.typeName.slice(1)}`;
}

function optionOf(key: string, form: Form, name: string): TxOption {
  const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const [, unit = ''] = Object.entries(units).find(([suffix]) => name.endsWith(suffix)) ?? [];
  return { key, flag, form, description: `${form.takes}${unit}` };
}

/** What the suffixes of names say. */
const units: Readonly<Record<string, string>> = {
  Ppb: ', parts per billion',
  Ppm: ', parts per million',
  Bps: ' of 10000',
  Ms: ', milliseconds',
  Height: ', the height of a block',
};

/** Every option of a kind, in the order of its fields. */
export function txOptions(kind: BodyKind): TxOption[] {
  return fieldsOf(kind).flatMap(({ options }) => options);
}

function takenBy({ options }: Field): string {
  return options.map(({ flag, form }) => `${flag} <${form.placeholder}>`).join(' or ');
}

/** Reads the body of a transaction from its options. Throws CliError with a sentence for each that is wrong. */
export function readBody<Kind extends BodyKind>(
  kind: Kind,
  given: Readonly<Record<string, string | undefined>>,
  known: Known,
): BodyValues[Kind] {
  const isGiven = ({ key, form }: TxOption): boolean => given[key] !== undefined || form.isOptional === true;
  const wrong = fieldsOf(kind).filter(({ options }) => options.filter(isGiven).length !== 1);
  if (wrong.length > 0) throw new CliError('usage', `\`assay tx ${kind}\` takes ${wrong.map(takenBy).join(', ')}.`);
  const entries = fieldsOf(kind).map(({ name, options, value }) => {
    const option = options.find(isGiven) as TxOption;
    const text = given[option.key] ?? '';
    const read = option.form.read(text, known);
    if (read === null) throw misread(option.flag, option.form, text);
    return [name, value(options.indexOf(option), read)];
  });
  return Object.fromEntries(entries) as BodyValues[Kind];
}
