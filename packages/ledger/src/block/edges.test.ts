import { isDeepStrictEqual } from 'node:util';
import {
  BatchHeader,
  type BodyKind,
  ChallengeReport,
  Globals,
  limits,
  Params,
  parameterPaths,
  Receipt,
  State,
  type StateValue,
  type TableName,
  TransactionBody,
  Transition,
  tables,
} from '@assay/protocol';
import { edgesOf, type IntegerField, integersOf } from '@assay/protocol/fixture';
import { UintType } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';
import { beforeAll, describe, expect, it } from 'vitest';
import { problemOfParams } from '../governance/genesis.ts';
import { filling, fullWorld, soundTransactions } from '../testing/edges.fixture.ts';
import type { World } from '../testing/world.fixture.ts';
import { ConservationError } from './conservation.ts';
import { Ledger } from './ledger.ts';

let world: World;
let full: Uint8Array;
beforeAll(() => {
  world = fullWorld();
  full = world.ledger.snapshot();
});

const names = Object.keys(tables) as TableName[];

/** What was written can be read again, and every row is what it was: a counter that wraps around is another one. */
function requireReadable({ ledger }: World): void {
  const { state } = Ledger.fromSnapshot(ledger.snapshot());
  if (!isDeepStrictEqual(state.globals, ledger.state.globals))
    throw new Error('the globals are others when read again');
  for (const name of names) {
    if (!isDeepStrictEqual([...state[name]], [...ledger.state[name]]))
      throw new Error(`${name} are others when read again`);
  }
}

/** The state is used: a batch with a task of each miner, then an epoch's end with its settlement, and a block. */
function use(where: World): void {
  const receipts = Array.from(where.state.miners, (_, miner) => where.receipt({ miner }));
  where.block(where.batchTx({ receipts }), where.batchTx({ mixer: 1 }));
  for (let block = 0; block < 3; block++) where.block(where.batchTx({ mixer: block }));
  requireReadable(where);
  where.finishEpoch();
  where.block(where.batchTx());
  requireReadable(where);
}

/** Names of other rows and kinds: another integer there is another state, no larger number. */
const references = new Set([
  ...['kind', 'role', 'domain', 'model', 'miner', 'mixer', 'validator', 'gateway', 'session', 'proposal', 'fromEpoch'],
  'verdict',
]);
const isNumber = ({ path }: IntegerField): boolean =>
  !references.has(path.split('.').findLast((part) => !/^\d+$/.test(part)) ?? path);

it('the full world has a row in every table', () => {
  expect(names.filter((name) => world.state[name].length === 0)).toEqual([]);
});

describe('a state with an integer at its edge can be read, used, and read again (§2.11)', () => {
  /** What went wrong with each edge of each integer of a value that `put` makes a state of. */
  const failures = (type: Type<unknown>, of: unknown, put: (value: StateValue, changed: unknown) => StateValue) =>
    integersOf(type, of)
      .filter(isNumber)
      .flatMap((field) =>
        edgesOf(field).flatMap((edge) => {
          try {
            world.ledger = Ledger.fromSnapshot(State.serialize(put(State.deserialize(full), field.with(edge))));
            use(world);
            return [];
          } catch (error) {
            // Money that does not add up is no state to begin with.
            return error instanceof ConservationError ? [] : [`${field.path}=${edge}: ${error}`];
          }
        }),
      );

  it.each(names)('in %s', (name) => {
    const rows: readonly unknown[] = State.deserialize(full)[name];
    const put = (value: StateValue, changed: unknown) => ({ ...value, [name]: [changed, ...rows.slice(1)] });
    expect(failures(tables[name].elementType, rows[0], put as never)).toEqual([]);
  });

  it('in the globals, unless no block can follow, or the state says that it is half settled', () => {
    const { globals } = State.deserialize(full);
    const bad = failures(Globals, globals, (value, changed) => ({ ...value, globals: changed as Globals }));
    const isSaid = (line: string) =>
      /^(height|timeMs)=\d{14,}: RangeError|UnknownRuleError|has no books of the next/.test(line);
    expect(bad.filter((line) => !isSaid(line))).toEqual([]);
  });
});

describe('a parameter at the edge of what a vote may set (§12.2)', () => {
  it('leaves a state that can be used and read again', () => {
    const value = State.deserialize(full);
    const bad = integersOf(Params, value.params).flatMap((field) => {
      const bounds = parameterPaths.get(field.path)?.bounds;
      if (bounds === null || bounds === undefined || bounds === 'list') return [];
      return bounds.flatMap((edge) => {
        const params = field.with(field.type instanceof UintType ? Number(edge) : edge) as Params;
        if (problemOfParams(params) !== null) return [];
        try {
          world.ledger = Ledger.fromSnapshot(State.serialize({ ...value, params }));
          use(world);
          return [];
        } catch (error) {
          return [`${field.path}=${edge}: ${error}`];
        }
      });
    });
    expect(bad).toEqual([]);
  });
});

describe('a message with an integer at its edge is a code, never an exception (§1.4, §2.11)', () => {
  const send = (bytes: Uint8Array): string | undefined => {
    const [result] = world.block(bytes).transactions;
    return result?.code;
  };
  /** No audit, panel or pending case waits for these in the full world, whose fines wait and whose roles were seen. */
  const waiting: readonly BodyKind[] = ['auditCommit', 'auditReveal', 'acceptModel', 'appealCase', 'presence'];
  const begin = () => {
    world.ledger = Ledger.fromSnapshot(full);
  };

  it.each(soundTransactions.map((one, i) => ({ ...one, i })))('$kind $i', ({ sender, kind, body }) => {
    begin();
    const value = body(world);
    if (!filling.includes(kind) && !waiting.includes(kind))
      expect(send(world.tx(sender, kind, value as never))).toBe('OK');
    const type = TransactionBody.members[kind] as Type<unknown>;
    for (const field of integersOf(type, value)) {
      begin();
      for (const edge of edgesOf(field)) {
        send(world.tx(sender, kind, field.with(edge) as never));
        requireReadable(world);
      }
      if (field.type instanceof UintType && field.type.byteLength === 8) {
        expect(send(world.tx(sender, kind, field.with(field.type.max + 1) as never)), field.path).toBe('MALFORMED');
      }
      use(world);
    }
  });

  it.each([0, 1, limits.maxHeight - 1, limits.maxHeight])('whose nonce or last height is %s', (edge) => {
    begin();
    for (const options of [{ nonce: edge }, { validUntil: edge }]) {
      send(world.tx('payer', 'closeSession', { session: 0 }, options));
      requireReadable(world);
    }
    for (const options of [{ nonce: limits.maxCount + 1 }, { validUntil: limits.maxHeight + 1 }]) {
      expect(send(world.tx('payer', 'closeSession', { session: 0 }, options))).toBe('MALFORMED');
    }
  });

  it('a batch: its header, a receipt, a late step, a report', () => {
    begin();
    const receipt = world.receipt();
    const parts: [Type<unknown>, unknown, (changed: never) => Uint8Array][] = [
      [
        Receipt,
        receipt,
        (changed: Receipt) => world.batchTx({ receipts: [world.receipt(without(changed, 'taskId'))] }),
      ],
      [Transition, world.transition(receipt), (changed) => world.batchTx({ records: { transitions: [changed] } })],
      [ChallengeReport, world.report(1, { miner: 0 }), (changed) => world.batchTx({ records: { reports: [changed] } })],
      [
        BatchHeader,
        world.batch().certificate.header,
        ({ epoch, sequence }: BatchHeader) => world.batchTx({ epoch, sequence }),
      ],
    ];
    for (const [type, value, make] of parts) {
      for (const field of integersOf(type, value)) {
        begin();
        for (const edge of edgesOf(field)) {
          send(make(field.with(edge) as never));
          requireReadable(world);
        }
        if (field.type instanceof UintType && field.type.byteLength === 8) {
          expect(send(make(field.with(field.type.max + 1) as never)), field.path).toBe('MALFORMED');
        }
        use(world);
      }
    }
  });
});

/** A value without one of its fields. */
function without<Value extends object>(value: Value, name: keyof Value): Partial<Value> {
  const { [name]: _, ...rest } = value;
  return rest as Partial<Value>;
}
