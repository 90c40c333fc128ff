import { formatUnits } from '@assay/client';
import { Refusal } from '@assay/explain/refusal';
import { generateBlsSecret } from '@assay/node/crypto/signers';
import { devnetParams } from '@assay/node/devnet/genesis';
import { Keystore } from '@assay/node/keys/keystore';
import {
  addressText,
  BlsPublicKey,
  BlsSignature,
  type BodyKind,
  Ed25519Signature,
  ParameterChange,
  Params,
  Quantity,
  TransactionBody,
  Units,
} from '@assay/protocol';
import { valuesOf } from '@assay/protocol/fixture';
import { Bytes32, OneOfType, toHex } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';
import { describe, expect, it } from 'vitest';
import { commands } from '../commands.ts';
import { CliError } from '../failures.ts';
import { bodyType, readBody, txOptions } from './fields.ts';
import { formOf, isContainer, optionKey } from './forms.ts';
import { sentences } from './sentences.ts';

const keys = new Keystore({
  payer: { seed: Buffer.alloc(32, 1), bls: null },
  'mixer-1': { seed: Buffer.alloc(32, 2), bls: Buffer.from(generateBlsSecret(new Uint8Array(32).fill(3))) },
});
const { address: account } = keys.account('payer');
const known = { keys, params: devnetParams, account };
const kinds = TransactionBody.kinds;
const body = (kind: BodyKind, given: Record<string, string>) => readBody(kind, given, known);
const refusal = (kind: BodyKind, given: Record<string, string>): string => {
  try {
    return `read: ${JSON.stringify(body(kind, given))}`;
  } catch (error) {
    if (error instanceof CliError || error instanceof Refusal) return error.message;
    throw error;
  }
};

/** A value as a person would type it. */
function typed(type: Type<unknown>, value: unknown): string {
  if (typeof value === 'bigint') return formatUnits(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) {
    return value.length === 20 ? addressText(value) : `0x${toHex(value)}`;
  }
  const { elementType } = type as { elementType?: Type<unknown> };
  const isPlainList = elementType !== undefined && !isContainer(elementType) && Array.isArray(value);
  if (isPlainList) return value.map((item) => typed(elementType, item)).join(', ');
  return JSON.stringify(type.toJson(value));
}

/** What to type for each option of a kind, and the body it must give; once for each member of a union. */
function* examples(kind: BodyKind): Generator<{ given: Record<string, string>; expected: unknown }> {
  const [field] = bodyType(kind).fieldsEntries;
  if (field?.fieldType instanceof OneOfType) {
    const members = Object.entries<Type<unknown>>(field.fieldType.members);
    for (const [i, { key }] of txOptions(kind).entries()) {
      const [member, type] = members[i] as (typeof members)[number];
      const isChange = type === ParameterChange;
      const value = isChange ? change('halvingDays', '7') : oneOf(type);
      const text = isChange ? 'halvingDays=7' : typed(type, value);
      yield { given: { [key]: text }, expected: { [field.fieldName]: { kind: member, value } } };
    }
    return;
  }
  const given: Record<string, string> = {};
  const expected = oneOf(bodyType(kind)) as Record<string, unknown>;
  for (const [i, { fieldName, fieldType }] of bodyType(kind).fieldsEntries.entries()) {
    const option = txOptions(kind)[i];
    const [, word] = /^one of (\w+)/.exec(option?.form.takes ?? '') ?? [];
    if (word !== undefined) expected[fieldName] = option?.form.read(word, known);
    given[option?.key ?? ''] = word ?? typed(fieldType, expected[fieldName]);
  }
  yield { given, expected };
}

const oneOf = (type: Type<unknown>): unknown => valuesOf(type.typeName, type).values().next().value;
const change = (path: string, value: string) => ({ path: path, value: value });

describe.each(kinds)('assay tx %s', (kind) => {
  it('can be given in words', () => {
    const type = bodyType(kind);
    for (const { given, expected } of examples(kind)) {
      const read = body(kind, given);
      expect(toHex(type.serialize(read as never))).toBe(toHex(type.serialize(expected as never)));
    }
  });

  it('has a command with options of their own, and a sentence', () => {
    const command = commands.find(({ name }) => name === `tx ${kind}`);
    const flags = command?.options.map(({ syntax }) => syntax.split(' ')[0]) ?? [];
    const shared = ['--json', '--api', '--data', '--verbose'];
    expect(flags).toEqual(expect.arrayContaining([...txOptions(kind).map(({ flag }) => flag), '--from', '--dry-run']));
    expect(new Set([...flags, ...shared]).size).toBe(flags.length + shared.length);
    expect(sentences[kind]).toMatch(/^[A-Z].*\.$/);
  });

  it('takes the members of a group by their names, and its lists as empty', () => {
    for (const [i, { fieldType }] of bodyType(kind).fieldsEntries.entries()) {
      const option = txOptions(kind)[i];
      if (!isContainer(fieldType) || option?.form.placeholder.includes('=') !== true) continue;
      const expected = oneOf(fieldType) as Record<string, unknown>;
      const pairs = fieldType.fieldsEntries.flatMap((member) => {
        const { fieldName: name, fieldType: type } = member;
        if ('limit' in type) expected[name] = [];
        if ('limit' in type) return [];
        const form = formOf(type, name, fieldType.typeName);
        const [, word] = /^one of (\w+)/.exec(form.takes) ?? [];
        if (word !== undefined) expected[name] = form.read(word, known);
        return [`${optionKey(name, type)}=${word ?? typed(type, expected[name])}`];
      });
      expect(option.form.read(pairs.join(','), known)).toEqual(expected);
    }
  });

  it('misses what is left out, by name', () => {
    for (const { key, flag, form } of txOptions(kind)) {
      if (form.isOptional === true) continue;
      for (const { given } of examples(kind)) {
        if (given[key] === undefined) continue;
        const { [key]: left, ...rest } = given;
        expect(refusal(kind, rest)).toContain(`\`assay tx ${kind}\` takes`);
        expect(refusal(kind, rest)).toContain(flag);
      }
    }
  });
});

describe('words', () => {
  it('name a key in the place of its address, public key or possession', () => {
    expect(body('transfer', { to: 'payer', amount: '1.5' })).toEqual({
      to: keys.account('payer').address,
      amountUnits: 1_500_000_000n,
    });
    const read = (type: Type<unknown>, name: string) => formOf(type, name, 'Any').read('mixer-1', known);
    expect(read(Bytes32, 'sessionKey')).toEqual(keys.account('mixer-1').publicKey);
    expect(read(BlsPublicKey, 'blsPublicKey')).toEqual(keys.committee('mixer-1').publicKey);
    expect(read(BlsSignature, 'possession')).toEqual(keys.committee('mixer-1').possession());
    expect(read(Ed25519Signature, 'possession')).toEqual(keys.account('mixer-1').consensusPossession(account));
    expect(read(Bytes32, 'taskId')).toBeNull();
  });

  it('give a quantity as it is, and an amount of money in units', () => {
    const read = (type: Type<unknown>, text: string) => formOf(type, 'epochVwu', 'Any').read(text, known);
    expect(read(Units, '12')).toBe(12_000_000_000n);
    expect(read(Quantity, '12')).toBe(12n);
    expect(read(Quantity, '18446744073709551615')).toBe((1n << 64n) - 1n);
    for (const text of ['18446744073709551616', '1.5', '-1', '']) expect(read(Quantity, text)).toBeNull();
  });

  it('are what the ledger knows', () => {
    expect(body('bond', { kind: 'validator', role: '1', amount: '2' })).toMatchObject({ kind: 'validator', role: 1 });
    expect(body('vote', { proposal: '4', choice: 'veto' })).toEqual({ proposal: 4, choice: 'veto' });
  });

  it('set a parameter as `gov dry-run` does, amounts without quotes', () => {
    const action = { kind: 'parameterChange', value: change('emissionPerDayUnits', '"43200000000"') };
    expect(body('propose', { set: 'emissionPerDayUnits=43200000000' })).toEqual({ action });
  });

  it('give a small group by the names of its members', () => {
    const to = keys.account('payer').address;
    const action = { kind: 'treasurySpend', value: { to, amountUnits: 2_500_000_000n } };
    expect(body('propose', { treasurySpend: 'to=payer, amount=2.5' })).toEqual({ action });
  });

  it.each<[BodyKind, Record<string, string>, string]>([
    ['transfer', { to: 'nobody', amount: '1' }, '--to takes an address (assay1…) or the name of a key, not "nobody".'],
    [
      'transfer',
      { to: 'payer', amount: '1e9' },
      '--amount takes an amount in units up to 18446744073, with up to nine decimals, not "1e9".',
    ],
    ['delegate', { miner: '-1', amount: '1' }, '--miner takes the number of a miner, from 0 to 4294967295, not "-1".'],
    ['vote', { proposal: '0', choice: 'maybe' }, '--choice takes one of yes, no, abstain, veto, not "maybe".'],
    ['acceptModel', { model: '0', accepts: '1' }, '--accepts takes yes or no, not "1".'],
    ['feedback', { taskId: `0x${'12'.repeat(32)}`, rating: '6' }, '--rating takes one of 1, 2, 3, 4, 5, not "6".'],
    ['feedback', { taskId: '0x12', rating: '5' }, '--task-id takes 32 bytes in hexadecimal, not "0x12".'],
    ['propose', { set: 'halvingDays' }, '--set takes a parameter and its value, as in audit.floorPpb=50000000, not'],
    ['propose', { set: 'halvingDay=7' }, 'No vote could make this change: there is no parameter "halvingDay".'],
    ['propose', { treasurySpend: 'to=payer,amount=x' }, 'amount takes an amount in units'],
    ['propose', { treasurySpend: 'to=payer' }, '--treasury-spend takes to=ADDRESS,amount=UNITS, or JSON, not'],
    [
      'propose',
      { set: 'halvingDays=7', treasurySpend: 'to=payer,amount=1' },
      '`assay tx propose` takes --set <PATH=VALUE> or --treasury-spend',
    ],
    ['certifiedBatch', { certificate: '{}', receipts: '[]', records: '{}' }, 'The JSON of Certificate cannot be read'],
    [
      'certifiedBatch',
      { certificate: '{', receipts: '[]', records: '{}' },
      '--certificate takes JSON, as the API writes it, not "{".',
    ],
  ])('of a %s that make no sense are told: %j', (kind, given, sentence) => {
    expect(refusal(kind, given)).toContain(sentence);
  });

  it('leave a list empty when it is not named', () => {
    const registration = { owner: 'payer', publicKey: 'payer', domain: '0', contextTokens: '1', concurrency: '1' };
    const more = {
      engine: `0x${'00'.repeat(32)}`,
      evidenceLevel: '0',
      collateral: '1',
      split: 'operatorBps=1,ownerBps=2,stakersBps=3',
    };
    expect(body('registerMiner', { ...registration, ...more })).toMatchObject({ models: [] });
  });

  it('share no prompts unless told to (§4.14)', () => {
    const session = {
      sessionKey: 'payer',
      domain: '0',
      model: '0',
      homeMixer: '0',
      expiryHeight: '9',
      redundancy: '1',
    };
    const more = { deposit: '1', maxTask: '1', isBackground: 'no' };
    expect(body('openSession', { ...session, ...more })).toMatchObject({ sharesPrompts: false });
    expect(body('openSession', { ...session, ...more, sharesPrompts: 'yes' })).toMatchObject({ sharesPrompts: true });
  });

  it('drop Units from the name of an amount only', () => {
    const { transactionFeeUnits, blockTimeMs } = Params.fields;
    expect(optionKey('amountUnits', transactionFeeUnits)).toBe('amount');
    expect(optionKey('countUnits', blockTimeMs)).toBe('countUnits');
  });
});

it('says of terms how each is given, and every component of the competition', () => {
  const [, terms] = txOptions('createDomain');
  expect(terms?.description).toContain('burnBps=N,processorsBps=N');
  for (const name of Object.keys(devnetParams.components)) expect(terms?.description).toContain(`"${name}":0`);
});
