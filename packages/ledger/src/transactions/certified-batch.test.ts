import { createHash } from 'node:crypto';
import type { Receipt, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { realKeys } from '../testing/keys.fixture.ts';
import { type BatchOptions, FEE, requestHashOf, World } from '../testing/world.fixture.ts';

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

describe('certificate §7.3, with real keys', () => {
  it('needs strictly more than two thirds of the mixers', () => {
    const world = new World({ keys: realKeys }).populate();
    expect(world.codeOf(world.batchTx({ signers: [0, 1] }))).toBe('NOT_ENOUGH_SIGNERS');
    expect(world.codeOf(world.batchTx({ signers: [0, 1, 3] }))).toBe('OK');
    const three = new World({ mixers: 3 });
    expect(three.codeOf(three.batchTx({ signers: [0, 1] }))).toBe('NOT_ENOUGH_SIGNERS');
    expect(three.codeOf(three.batchTx({ signers: [0, 1, 2] }))).toBe('OK');
  });

  it('holds for these signers and this header only', () => {
    const world = new World({ keys: realKeys }).populate();
    const receipts = [world.receipt()];
    const { certificate, records } = world.batch({ receipts });
    const other = world.batch({ receipts, signers: [0, 1, 2] }).certificate;
    const send = (changed: typeof certificate) =>
      world.send('payer', 'certifiedBatch', { certificate: changed, receipts, records });
    expect(send({ ...certificate, signers: other.signers })).toBe('BAD_CERTIFICATE');
    expect(send({ ...certificate, signature: other.signature })).toBe('BAD_CERTIFICATE');
    expect(send({ ...certificate, signature: new Uint8Array(96) })).toBe('BAD_CERTIFICATE');
    expect(send({ ...certificate, header: { ...certificate.header, reveal: other.signature } })).toBe('BAD_REVEAL');
    const second = world.batch({ receipts, mixer: 1 }).certificate;
    expect(send({ ...certificate, header: second.header })).toBe('BAD_CERTIFICATE');
    expect(send(certificate)).toBe('OK');
  });

  it('takes the whole way with real keys', () => {
    const world = new World({ keys: realKeys }).populate();
    const receipt = world.receipt();
    world.certify(receipt);
    expect(world.auditorsOf(receipt.taskId)).toHaveLength(2);
  });
});

describe('batch §7.2', () => {
  it.each<[ResultCode, BatchOptions]>([
    ['WRONG_EPOCH', { epoch: 1 }],
    ['WRONG_SEQUENCE', { sequence: 1 }],
    ['OK', {}],
  ])('%s for %o', (code, options) => {
    const world = new World();
    expect(world.codeOf(world.batchTx(options))).toBe(code);
  });

  it('counts turns, mixer by mixer', () => {
    const world = new World();
    expect(world.codeOf(world.batchTx())).toBe('OK');
    expect(world.codeOf(world.batchTx({ sequence: 0 }))).toBe('WRONG_SEQUENCE');
    expect(world.codeOf(world.batchTx({ mixer: 1, sequence: 0 }))).toBe('OK');
    expect(world.codeOf(world.batchTx({ sequence: 1 }))).toBe('OK');
    expect(Array.from(world.state.mixers, (mixer) => mixer.nextSequence)).toEqual([2, 1, 0, 0]);
    expect(Array.from(world.state.mixers, (mixer) => mixer.epochDuties)).toEqual([3, 3, 3, 3]);
  });

  it('of the last epoch is taken for four blocks of the next', () => {
    const world = new World();
    const { epoch } = world.state.globals;
    world.finishEpoch();
    for (let i = 0; i < 5; i++) expect(world.codeOf(world.batchTx({ epoch }))).toBe('OK');
    expect(world.codeOf(world.batchTx({ epoch }))).toBe('WRONG_EPOCH');
  });

  it('turns the beacon by its reveal (§9.1)', () => {
    const world = new World();
    const { beacon } = world.state.globals;
    const batch = world.batch({ mixer: 2 });
    world.send('mixer2', 'certifiedBatch', batch, { feeUnits: 0n });
    expect(world.state.globals.beacon).toEqual(sha256(beacon, batch.certificate.header.reveal));
    expect(world.state.globals.reveals).toBe(1);
  });

  it('turns the beacon by all reveals of a block alike, whatever the order of their batches (§9.3)', () => {
    const worlds = [0, 1, 2, 3, 4, 5].map(() => new World().populate());
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    const beacons = worlds.map((world, i) => {
      const receipt = world.receipt();
      const reveals = [0, 1, 2].map((mixer) => world.batch({ mixer }).certificate.header.reveal);
      const { beacon } = world.state.globals;
      const batches = orders[i]?.map((mixer) => world.batchTx({ mixer, receipts: mixer === 1 ? [receipt] : [] })) ?? [];
      world.block(...batches);
      const turned = reveals.reduce((sum, reveal) => sha256(sum, reveal), beacon);
      expect(world.state.globals).toMatchObject({ beacon: turned, reveals: 3 });
      expect(world.state.tasks.at(0).reveals).toBe(3);
      return turned;
    });
    expect(new Set(beacons.map(String)).size).toBe(1);
  });

  it('turns the beacon by two batches of one mixer in the order of their sequences', () => {
    const world = new World();
    const { beacon } = world.state.globals;
    const [first, second] = [0, 1].map((sequence) => world.batch({ sequence }));
    const txs = [world.batchTx({ mixer: 1 }), world.batchTx({ sequence: 0 }), world.batchTx({ sequence: 1 })];
    const other = world.batch({ mixer: 1 }).certificate.header.reveal;
    world.block(...txs);
    const reveals = [first, second].map((batch) => batch?.certificate.header.reveal ?? new Uint8Array());
    expect(world.state.globals.beacon).toEqual([...reveals, other].reduce((sum, each) => sha256(sum, each), beacon));
  });

  it('leaves a proposer and the last to reveal the outcomes that §9.5 counts', () => {
    const outcomes = (blocks: (world: World) => Uint8Array[][]) => {
      const count = blocks(new World()).length;
      const beacons = Array.from({ length: count }, (_, choice) => {
        const world = new World();
        world.block(...(blocks(world)[choice] ?? []));
        return String(world.state.globals.beacon);
      });
      return new Set(beacons).size;
    };
    // Mixer 3 has two batches, 0 and 1 one each; each queue from its beginning, in any order of the three.
    const queues = (world: World) => [
      ...[[world.batchTx({ mixer: 0 })], [world.batchTx({ mixer: 1 })]],
      [world.batchTx({ mixer: 3, sequence: 0 }), world.batchTx({ mixer: 3, sequence: 1 })],
    ];
    const chosen = (world: World) => {
      let choices: Uint8Array[][] = [[]];
      for (const queue of queues(world)) {
        const prefixes = [[], ...queue.map((_, i) => queue.slice(0, i + 1))];
        choices = choices.flatMap((before) => prefixes.map((prefix) => [...before, ...prefix]));
      }
      return [...choices, ...choices.map((choice) => choice.toReversed())];
    };
    // Reversed, the second batch of mixer 3 comes first and is refused: no outcome is new.
    expect(outcomes(chosen)).toBe(2 * 2 * 3);
    const own = (world: World) => [[], [world.batchTx({ mixer: 3 })]];
    expect(outcomes(own)).toBe(2);
  });

  it('refuses other receipts, other committees and unknown mixers', () => {
    const world = new World().populate();
    const { certificate, records } = world.batch({ receipts: [world.receipt()] });
    const send = (changed: typeof certificate, receipts: Receipt[]) =>
      world.send('payer', 'certifiedBatch', { certificate: changed, receipts, records });
    expect(send(certificate, [world.receipt()])).toBe('BAD_RECEIPTS_ROOT');
    const small = new World({ mixers: 3 }).batch().certificate.signers;
    expect(send({ ...certificate, signers: small }, [])).toBe('BAD_SIGNERS');
    expect(send({ ...certificate, header: { ...certificate.header, mixer: 4 } }, [])).toBe('UNKNOWN_MIXER');
  });
});

describe('receipts', () => {
  it('move the price from escrow to pending', () => {
    const world = new World().populate();
    const receipt = world.receipt({ tokensIn: 10, tokensOut: 20 });
    expect(world.codeOf(world.batchTx({ receipts: [receipt] }))).toBe('OK');
    // 10 · 2 + 20 · 4
    expect(world.state.sessions.at(0)).toMatchObject({ escrowUnits: 99_900n, spentUnits: 100n });
    expect(world.state.tasks.at(0)).toMatchObject({ pendingUnits: 100n, status: 'certified', reveals: 1 });
    expect(world.state.miners.at(0).tasks).toBe(1);
    expect(world.events.at(-1)).toEqual({
      type: 'taskCertified',
      taskId: receipt.taskId,
      transaction: 0,
      receipt: 0,
      mixer: 0,
    });
  });

  it.each<[ResultCode, (world: World) => Partial<Receipt>]>([
    ['RECEIPT_UNKNOWN_ROLE', () => ({ session: 1 })],
    ['RECEIPT_UNKNOWN_ROLE', () => ({ model: 1 })],
    ['RECEIPT_UNKNOWN_ROLE', () => ({ miner: 1 })],
    ['RECEIPT_UNKNOWN_ROLE', () => ({ gateway: 1 })],
    ['RECEIPT_OUT_OF_TIME', (world) => ({ drawHeight: world.height + 1 })],
    ['RECEIPT_BAD_TASK', () => ({ taskId: new Uint8Array(32) })],
    ['RECEIPT_BAD_TASK', () => ({ replica: 1, taskId: new Uint8Array(32) })],
    ['RECEIPT_BAD_REPLICA', () => ({ replica: 1 })],
    ['RECEIPT_BAD_SIMILARITY', () => ({ similarityPpb: 1 })],
    ['RECEIPT_BAD_PRICE', () => ({ priceUnits: 101n })],
    ['RECEIPT_BAD_PRICE', () => ({ tokensOut: 2500 })],
    ['OK', (world) => ({ drawHeight: world.height, outcome: 'partial', tokensOut: 2495 })],
  ])('%s for case %#', (code, change) => {
    const world = new World().populate();
    const good = world.receipt();
    const receipts = [good, world.receipt(change(world))];
    expect(world.codeOf(world.batchTx({ receipts }))).toBe(code);
    expect(world.state.tasks.length).toBe(code === 'OK' ? 2 : 0);
  });

  it('live for receiptLifetimeBlocks after their draw', () => {
    const world = new World().populate();
    const { height } = world;
    const [last, late] = [world.receipt({ drawHeight: height }), world.receipt({ drawHeight: height })];
    for (let i = 0; i < 7; i++) world.block();
    expect(world.height + 1).toBe(height + 8);
    expect(world.codeOf(world.batchTx({ receipts: [last] }))).toBe('OK');
    expect(world.codeOf(world.batchTx({ receipts: [late] }))).toBe('RECEIPT_OUT_OF_TIME');
  });

  it('are taken once: not twice in a batch, nor in two, nor after the task is forgotten', () => {
    const world = new World().populate();
    const receipt = world.receipt();
    expect(world.codeOf(world.batchTx({ receipts: [receipt, receipt] }))).toBe('RECEIPT_DUPLICATE');
    world.certify(receipt);
    expect(world.codeOf(world.batchTx({ receipts: [receipt] }))).toBe('RECEIPT_DUPLICATE');
    world.audit(receipt.taskId, new Map());
    while (world.state.taskOf(receipt.taskId) !== undefined) world.finishEpoch();
    expect(world.codeOf(world.batchTx({ receipts: [receipt] }))).toBe('RECEIPT_OUT_OF_TIME');
  });

  it('may use up a session together, to the last base unit, and no further', () => {
    const world = new World();
    world.block(
      world.tx('minerA', 'registerMiner', world.registration()),
      world.tx('payer', 'openSession', world.session({ depositUnits: 300n })),
    );
    world.block();
    const receipts = [world.receipt(), world.receipt(), world.receipt()];
    expect(world.codeOf(world.batchTx({ receipts: [...receipts, world.receipt()] }))).toBe('RECEIPT_OVERDRAWN');
    expect(world.codeOf(world.batchTx({ receipts }))).toBe('OK');
    expect(world.state.sessions.at(0)).toMatchObject({ escrowUnits: 0n, spentUnits: 300n });
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 300n);
  });

  it('of a closed session are refused', () => {
    const world = new World().populate();
    world.send('payer', 'closeSession', { session: 0 });
    world.finishEpoch();
    expect(world.codeOf(world.batchTx({ receipts: [world.receipt()] }))).toBe('RECEIPT_UNKNOWN_ROLE');
  });
});

describe('replicas §7.11', () => {
  /** Three miners and a session whose tasks three of them do. */
  function redundantWorld(): World {
    const world = new World().populate();
    for (const operator of ['minerB', 'minerC'] as const) {
      world.send(operator, 'registerMiner', world.registration());
    }
    world.send('payer', 'openSession', world.session({ redundancy: 3 }));
    return world;
  }
  const requestHash = requestHashOf(0);
  const replicaOf = (world: World, replica: number, change: Partial<Receipt> = {}) =>
    world.receipt({ session: 1, requestHash, replica, miner: replica, similarityPpb: 900_000_000, ...change });

  it('are tasks of their own, each paid', () => {
    const world = redundantWorld();
    const receipts = [0, 1, 2].map((replica) => replicaOf(world, replica));
    expect(new Set(receipts.map(({ taskId }) => taskId.join())).size).toBe(3);
    expect(world.codeOf(world.batchTx({ receipts }))).toBe('OK');
    expect(world.state.sessions.at(1)).toMatchObject({ escrowUnits: 99_700n, spentUnits: 300n });
    expect(Array.from(world.state.tasks, (task) => [task.replica, task.miner, task.pendingUnits])).toEqual([
      [0, 0, 100n],
      [1, 1, 100n],
      [2, 2, 100n],
    ]);
  });

  it('need different miners, in one batch and in two', () => {
    const world = redundantWorld();
    const send = (...receipts: Receipt[]) => world.codeOf(world.batchTx({ receipts }));
    const twice = replicaOf(world, 2, { miner: 0 });
    expect(send(replicaOf(world, 0), twice)).toBe('RECEIPT_SAME_MINER');
    expect(send(replicaOf(world, 0))).toBe('OK');
    expect(send(twice)).toBe('RECEIPT_SAME_MINER');
    expect(send(replicaOf(world, 2))).toBe('OK');
    // Another task may have any of them.
    expect(send(replicaOf(world, 2, { requestHash: requestHashOf(1), miner: 0 }))).toBe('OK');
  });

  it.each<[ResultCode, Partial<Receipt>]>([
    ['RECEIPT_BAD_REPLICA', { replica: 3 }],
    ['RECEIPT_BAD_REPLICA', { replica: 255 }],
    ['RECEIPT_BAD_SIMILARITY', { similarityPpb: 1_000_000_001 }],
    ['RECEIPT_BAD_SIMILARITY', { similarityPpb: 2 ** 32 - 1 }],
    ['OK', { similarityPpb: 1_000_000_000 }],
    ['OK', { similarityPpb: 0 }],
  ])('%s for %o', (code, change) => {
    const world = redundantWorld();
    expect(world.codeOf(world.batchTx({ receipts: [replicaOf(world, 0, change)] }))).toBe(code);
  });
});
