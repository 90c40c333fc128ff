import { parseUnits } from '@assay/client';
import { settingOf, withSettings } from '@assay/explain/gov/settings';
import type { Keystore } from '@assay/node/keys/keystore';
import {
  Address,
  Hardware,
  ParameterChange,
  type Params,
  parseAddress,
  Quantity,
  ratings,
  redundancies,
  Units,
} from '@assay/protocol';
import { EnumType, fromHex, RefType, TextType, UintType } from '@assay/ssz';
import {
  BooleanType,
  ByteVectorType,
  type ContainerType,
  ListBasicType,
  ListCompositeType,
  type Type,
  VectorBasicType,
  VectorCompositeType,
} from '@chainsafe/ssz';
import { CliError } from '../failures.ts';

/** What words may refer to: the keys of the data directory, and the parameters in force. */
export interface Known {
  readonly keys: Keystore;
  readonly params: Params;
  /** Who sends it. */
  readonly account: Uint8Array;
}

/** How a value is written in words. */
export interface Form {
  /** `UNITS`, as in `--amount <UNITS>`. */
  readonly placeholder: string;
  /** What it takes; goes on from "--amount takes …". */
  readonly takes: string;
  /** True when saying nothing says something: an empty list, or no. */
  readonly isOptional?: boolean;
  /** Null when the text is not of this form. Throws CliError when there is more to say about it. */
  read(text: string, known: Known): unknown;
}

/** Fields that take fewer words than their type has. */
const words: Readonly<Record<string, readonly string[]>> = { 'RegisterRole.kind': ['oracle', 'validator', 'gateway'] };
/** Fields that take fewer numbers than their type has. */
const numbers: Readonly<Record<string, readonly number[]>> = {
  'Feedback.rating': ratings,
  'OpenSession.redundancy': redundancies,
};

/** The form of a field of a transaction, chosen by its type; `owner` is the name of the type it belongs to. */
export function formOf(type: Type<unknown>, name: string, owner: string): Form {
  if (type instanceof EnumType) return wordForm(words[`${owner}.${name}`] ?? type.words);
  if (type === Units) return unitsForm;
  if (type === Quantity) return quantityForm;
  if (type instanceof RefType) return refForm(type);
  const few = numbers[`${owner}.${name}`];
  if (few !== undefined) return fewForm(few);
  if (type instanceof UintType) return numberForm(type);
  if (type instanceof BooleanType) return name === 'sharesPrompts' ? wishForm : yesForm;
  if (type === Address) return addressForm;
  if (type instanceof ByteVectorType) return bytesForm(type, name);
  if (type instanceof TextType) return textForm(type);
  if (type === ParameterChange) return settingForm;
  if (type === Hardware) return hardwareForm;
  return compositeForm(type, name);
}

function compositeForm(type: Type<unknown>, name: string): Form {
  if (isArray(type)) {
    const item = type.elementType as Type<unknown>;
    return isContainer(item) ? jsonForm(type) : listForm(type, formOf(item, name, type.typeName));
  }
  const members = isContainer(type) ? type.fieldsEntries.map(({ fieldType }) => fieldType) : [];
  const isFlat = members.some(isSimple) && members.every((member) => isSimple(member) || isList(member));
  return isFlat && isContainer(type) ? structForm(type) : jsonForm(type);
}

function isArray(type: Type<unknown>) {
  return isList(type) || type instanceof VectorBasicType || type instanceof VectorCompositeType;
}

function isList(type: Type<unknown>) {
  return type instanceof ListBasicType || type instanceof ListCompositeType;
}

function isSimple(type: Type<unknown>): boolean {
  return type.isBasic || type instanceof ByteVectorType;
}

export type Struct = ContainerType<Record<string, Type<unknown>>>;
export function isContainer(type: Type<unknown>): type is Struct {
  return 'fieldsEntries' in type;
}

const unitsForm: Form = {
  placeholder: 'UNITS',
  takes: 'an amount in units up to 18446744073, with up to nine decimals',
  read: parseUnits,
};

const quantityForm: Form = {
  placeholder: 'N',
  takes: 'a whole number below 2^64',
  read: (text) => (/^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n ? BigInt(text) : null),
};

function numberForm({ max }: UintType): Form {
  return {
    placeholder: 'N',
    takes: `a whole number from 0 to ${max}`,
    read: (text) => (/^\d{1,16}$/.test(text) && Number(text) <= max ? Number(text) : null),
  };
}

function fewForm(choices: readonly number[]): Form {
  const form = wordForm(choices.map(String));
  return {
    ...form,
    read: (text, known) => {
      const word = form.read(text, known);
      return word === null ? null : Number(word);
    },
  };
}

function refForm(type: RefType<string>): Form {
  return {
    placeholder: type.noun.toUpperCase(),
    takes: `the number of ${/^[aeiou]/.test(type.noun) ? 'an' : 'a'} ${type.noun}, from 0 to ${type.max}`,
    read: (text) => type.read(text),
  };
}

function wordForm(choices: readonly string[]): Form {
  return {
    placeholder: choices.join('|'),
    takes: `one of ${choices.join(', ')}`,
    read: (text) => (choices.includes(text) ? text : null),
  };
}

const yesForm: Form = {
  placeholder: 'yes|no',
  takes: 'yes or no',
  read: (text) => (text === 'yes' ? true : text === 'no' ? false : null),
};

/** What nobody gets without asking for it. */
const wishForm: Form = {
  ...yesForm,
  takes: 'yes or no; no when nothing is said',
  isOptional: true,
  read: (text, known) => (text === '' ? false : yesForm.read(text, known)),
};

const addressForm: Form = {
  placeholder: 'ADDRESS',
  takes: 'an address (assay1…) or the name of a key',
  read: (text, { keys }) => parseAddress(text) ?? (keys.has(text) ? keys.account(text).address : null),
};

/** A key may be given by its name in the key file: as its public key, or as the proof that it is held. */
function bytesForm({ lengthBytes }: ByteVectorType, name: string): Form {
  const isKey = /key$/i.test(name) || name === 'possession';
  const ofKey = ({ keys, account }: Known, text: string): Uint8Array | null => {
    const bls = keys.names().find((key) => key.name === text)?.bls;
    if (bls === undefined) return null;
    if (lengthBytes === 32) return keys.account(text).publicKey;
    if (lengthBytes === 64) return keys.account(text).consensusPossession(account);
    if (!bls) return null;
    return name === 'possession' ? keys.committee(text).possession() : keys.committee(text).publicKey;
  };
  return {
    placeholder: isKey ? 'KEY' : 'HEX',
    takes: `${lengthBytes} bytes in hexadecimal${isKey ? ', or the name of a key' : ''}`,
    read: (text, known) => {
      const bytes = fromHex(text);
      return bytes?.length === lengthBytes ? bytes : isKey ? ofKey(known, text) : null;
    },
  };
}

function textForm(type: TextType): Form {
  return {
    placeholder: 'TEXT',
    takes: `a text of at most ${type.limitBytes} bytes`,
    read: (text) => (type.holds(text) ? text : null),
  };
}

const settingForm: Form = {
  placeholder: 'PATH=VALUE',
  takes: 'a parameter and its value, as in audit.floorPpb=50000000',
  read: (text, { params }) => {
    const setting = settingOf(text);
    if (setting === null) return null;
    const [value = ''] = withSettings(params, [setting]).values;
    return { path: setting.path, value };
  },
};

type List = { readonly limit?: number; readonly length?: number };

function listForm({ limit, length }: List, item: Form): Form {
  const count = length === undefined ? `up to ${limit}` : `${length}`;
  return {
    placeholder: `${item.placeholder},…`,
    takes: `${count} values with commas between them, each ${item.takes}`,
    isOptional: length === undefined,
    read: (text, known) => {
      const items = text === '' ? [] : text.split(',').map((part) => item.read(part.trim(), known));
      const fits = length === undefined ? items.length <= (limit ?? 0) : items.length === length;
      return fits && !items.includes(null) ? items : null;
    },
  };
}

/** `name=value,name=value`, or JSON; between commas there is no room for more, so that a list in it is empty. */
function structForm(type: Struct): Form {
  const empty = Object.fromEntries(
    type.fieldsEntries.filter(({ fieldType }) => isList(fieldType)).map(({ fieldName }) => [fieldName, []]),
  );
  const simple = type.fieldsEntries.filter(({ fieldType }) => !isList(fieldType));
  const members = simple.map(({ fieldName, fieldType }) => ({
    name: fieldName,
    key: optionKey(fieldName, fieldType),
    form: formOf(fieldType, fieldName, type.typeName),
  }));
  const json = jsonForm(type);
  const lists = type.fieldsEntries.flatMap(({ fieldName, fieldType }) => {
    const item = isList(fieldType) ? (fieldType as unknown as { elementType: Type<unknown> }).elementType : null;
    if (item === null) return [];
    const example = JSON.stringify(item.toJson(item.defaultValue()));
    return `which alone sets ${fieldName}, as in {"${fieldName}":[${example}],…}`;
  });
  return {
    placeholder: 'NAME=VALUE,…',
    takes: [members.map(({ key, form }) => `${key}=${form.placeholder}`).join(','), 'or JSON', ...lists].join(', '),
    read: (text, known) => {
      if (text.trimStart().startsWith('{')) return json.read(text, known);
      const given = text.split(',').map((pair) => settingOf(pair));
      if (given.length !== members.length) return null;
      const values = members.map(({ name, key, form }) => {
        const part = given.find((pair) => pair?.path.trim() === key)?.text;
        const value = part === undefined ? null : form.read(part.trim(), known);
        if (part !== undefined && value === null) throw misread(key, form, part);
        return [name, value] as const;
      });
      return values.some(([, value]) => value === null) ? null : { ...empty, ...Object.fromEntries(values) };
    },
  };
}

function jsonForm(type: Type<unknown>): Form {
  const example = JSON.stringify(type.toJson(type.defaultValue()));
  return {
    placeholder: 'JSON',
    takes: example.length <= longestExample ? `JSON, as in ${example}` : 'JSON, as the API writes it',
    read: (text) => {
      try {
        return type.fromJson(JSON.parse(text));
      } catch (error) {
        if (error instanceof SyntaxError) return null;
        throw new CliError('usage', `The JSON of ${type.typeName} cannot be read: ${(error as Error).message}.`);
      }
    },
  };
}

/** Of a JSON value in the help, characters. */
const longestExample = 300;

/** §3.13 Who says nothing of its machine declares nothing. */
const hardwareForm: Form = {
  ...jsonForm(Hardware),
  isOptional: true,
  read: (text, known) => (text === '' ? Hardware.defaultValue() : jsonForm(Hardware).read(text, known)),
};

/** The name a field has on the command line: an amount is given in units, so `amountUnits` would mislead. */
export function optionKey(name: string, type: Type<unknown>): string {
  return type === Units ? name.replace(/Units$/, '') : name;
}

export function misread(name: string, { takes }: Form, text: string): CliError {
  return new CliError('usage', `${name} takes ${takes}, not "${text}".`);
}
