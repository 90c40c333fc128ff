import { defaultParams, drawIdOf, InferencePayload, TaskTicket, taskIdOf, ticketSigningRoot } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { type DrawTable, drawMiners } from '../draw/draw.ts';
import { DrawMeasures } from '../draw/steering.ts';
import { realKeys, requestHashOf, World } from '../testing/world.fixture.ts';
import { isTicket } from './tickets.ts';

const address = (byte: number) => new Uint8Array(20).fill(byte);
const miners = 10;

/** Ten miners that are alike. */
const table: DrawTable = {
  epoch: 0,
  beacon: sha256(Uint8Array.of(1)),
  steering: defaultParams.steering,
  entries: Array.from({ length: miners }, (_, miner) => ({
    miner,
    operator: address(miner + 1),
    owner: address(100),
    domain: 0,
    models: [0],
    activeFrom: 0,
    weight: 10n,
    level: 0,
    userLevel: 0,
    measures: DrawMeasures.defaultValue(),
  })),
};

/** The miner that stands first in the draw for a task id. */
function firstOf(taskId: Uint8Array): number {
  const asked = { kind: 'user' as const, domain: 0, model: 0, payer: address(200), dedicatedMiners: [], drawHeight: 5 };
  return drawMiners(table, { ...asked, taskId, maxTokensIn: 64, maxTokensOut: 64 }, 1)[0]?.miner ?? -1;
}

describe('a ticket §6.4', () => {
  const world = new World({ keys: realKeys });
  const { chain } = world.state;
  const task = { session: 0, requestHash: requestHashOf(1) };
  const { verifier } = realKeys;
  const holds = (ticket: Uint8Array, { mixer = 0, drawHeight = 0, ...change }: Partial<typeof asked> = {}) =>
    isTicket(world.state, { ...task, drawHeight, ...change, ticket }, { mixer, verifier });
  const asked = { ...task, mixer: 0, drawHeight: 0 };

  it('is the signature of its mixer over session and request, and nothing else', () => {
    const ticket = world.ticket(task);
    expect(holds(ticket)).toBe(true);
    expect(holds(ticket, { session: 1 })).toBe(false);
    expect(holds(ticket, { requestHash: requestHashOf(2) })).toBe(false);
    for (const mixer of [1, 2, 3, 4]) expect(holds(ticket, { mixer })).toBe(false);
    for (const other of [1, 2, 3]) expect(holds(world.ticket(task, other))).toBe(false);
    expect(holds(world.ticket(task, 3), { mixer: 3 })).toBe(true);
    // The group's zero, and what is no point of it, sign nothing.
    expect(holds(Uint8Array.of(0xc0, ...new Uint8Array(95)))).toBe(false);
    expect(holds(new Uint8Array(96))).toBe(false);
    const wrongMessage = world.committee[0]?.sign(TaskTicket.hashTreeRoot(task)) ?? new Uint8Array(96);
    expect(holds(wrongMessage)).toBe(false);
  });

  it('is one for a request, whenever and however often its mixer signs: there is nothing to grind', () => {
    const before = world.ticket(task);
    world.block();
    expect(world.ticket(task)).toEqual(before);
    const ids = [0, 1, 2].map((replica) => taskIdOf({ ticket: before, replica }).join());
    expect(new Set(ids).size).toBe(3);
    expect(drawIdOf({ ticket: before }).join()).toBe(ids[0]);
  });

  it('is checked with the key of the draw’s epoch, and with no later one', () => {
    const rotating = new World({ keys: realKeys });
    const { mixers, params } = rotating.state;
    rotating.send('payer', 'transfer', { to: mixers.at(0).account, amountUnits: 1000n });
    const old = rotating.ticket(task);
    const { publicKey: blsPublicKey, possession, sign } = rotating.committeeKey('another key');
    const body = { mixer: 0, blsPublicKey, possession };
    expect(rotating.send('mixer0', 'rotateCommitteeKey', body)).toBe('OK');
    rotating.finishEpoch();
    const fresh = sign(ticketSigningRoot(rotating.state.chain, task));
    const within = (ticket: Uint8Array, drawHeight: number) =>
      isTicket(rotating.state, { ...task, ticket, drawHeight }, { mixer: 0, verifier });
    // The state after an epoch's last block draws in the next.
    const last = params.epochBlocks - 2;
    expect([within(old, last), within(old, last + 1)]).toEqual([true, false]);
    expect([within(fresh, last), within(fresh, last + 1)]).toEqual([false, true]);
  });

  it('lets a payer that grinds nonces guess the drawn miner no better than by chance', () => {
    const tries = 3000;
    const payload = InferencePayload.defaultValue();
    let hits = [0, 0, 0, 0];
    const drawn = new Array<number>(miners).fill(0);
    for (let nonce = 0; nonce < tries; nonce++) {
      const requestHash = InferencePayload.hashTreeRoot({ ...payload, nonce: littleEndian(nonce, 32) });
      const asked = { session: 0, requestHash };
      const first = firstOf(drawIdOf({ ticket: world.ticket(asked) }));
      drawn[first] = (drawn[first] ?? 0) + 1;
      // All that it knows: chain, session, request, and how ids are made of what.
      const signed = ticketSigningRoot(chain, asked);
      const known = [requestHash, TaskTicket.hashTreeRoot(asked), signed, sha256(signed, requestHash)];
      hits = hits.map((count, guess) => count + (firstOf(known[guess] ?? signed) === first ? 1 : 0));
    }
    // Five standard deviations of a tenth.
    const most = tries / miners + 5 * Math.sqrt((tries * (miners - 1)) / miners ** 2);
    for (const count of [...hits, ...drawn]) expect(count).toBeLessThan(most);
    const least = 2 * (tries / miners) - most;
    for (const count of drawn) expect(count).toBeGreaterThan(least);
  }, 60_000);
});
