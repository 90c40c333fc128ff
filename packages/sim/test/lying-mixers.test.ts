import { batchSigningRoot } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import { BatchOffer, BatchReply } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { receive } from '@assay/roles/ports/wire';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { forgedTask, signedRequest, ticketOf } from '../src/adversaries/forged-task.ts';
import type { World } from '../src/world.ts';
import { endpointOf, startWorld } from './start.fixture.ts';

const start = () => startWorld({ miners: 2, params: { epochBlocks: 4096 } });

/** What a mixer and the miner that is drawn can make of a request, everything signed. */
const finished = (net: World, mixer: number, signed: ReturnType<typeof signedRequest>) =>
  forgedTask(net, signed, { ticket: ticketOf(net, mixer, signed.request) });

/** From now on a mixer answers offers by calling these places of them invalid, and signs where there are none. */
function refuse(net: World, mixer: number, invalidOf: (taskIds: readonly string[]) => readonly number[]): void {
  const signer = net.keys.committee(names.mixer(mixer));
  endpointOf(net, mixer).handle(protocols.batch, async (stream) => {
    const { header, attestations } = (await receive(stream, BatchOffer)) ?? BatchOffer.defaultValue();
    const taskIds = attestations.map(({ kind, value }) => (kind === 'receipt' ? toHex(value.receipt.taskId) : ''));
    const invalid = [...invalidOf(taskIds)];
    const reply: BatchReply =
      invalid.length > 0
        ? { kind: 'refusal', value: { mixer, invalid, slower: [], reason: '' } }
        : { kind: 'signature', value: { mixer, signature: signer.sign(batchSigningRoot(net.chain.identity, header)) } };
    await stream.send(BatchReply.serialize(reply));
    stream.close();
  });
}

describe('one mixer that lies', () => {
  const places = (taskIds: readonly string[], isOne: (taskId: string) => boolean) =>
    taskIds.flatMap((taskId, place) => (isOne(taskId) ? [place] : []));
  const noPlace = [4000];
  it.each<[string, (taskIds: readonly string[], disputed: string) => readonly number[]]>([
    ['no place of the batch', () => noPlace],
    ['all but that', (taskIds, disputed) => places(taskIds, (each) => each !== disputed)],
    ['another each time', (taskIds, disputed) => places(taskIds, (each) => each !== disputed).slice(-1)],
  ])(
    'keeps nothing else from its certificate where an honest one refuses a task: it names %s (§14.12)',
    async (_, lie) => {
      const net = await start();
      let disputed = '';
      refuse(net, 2, (taskIds) => {
        disputed ||= taskIds[0] ?? '';
        return places(taskIds, (each) => each === disputed);
      });
      refuse(net, 3, (taskIds) => {
        const named = taskIds.length === 0 ? [] : lie(taskIds, disputed);
        return taskIds.includes(disputed) && named.length === 0 ? noPlace : named;
      });
      await net.ask({ maxTokens: 2, seed: 0 });
      const others = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => net.ask({ maxTokens: 2, seed })));
      await net.blocks(60);
      expect(others.filter(({ taskId }) => net.task(taskId) === null)).toEqual([]);
    },
  );

  it('throws nobody’s work away by calling it invalid while another is not there (§14.12)', async () => {
    const net = await start();
    let lies = 0;
    endpointOf(net, 3).handle(protocols.batch, async (stream) => {
      const offer = await receive(stream, BatchOffer);
      const invalid = offer?.attestations.map((_, index) => index) ?? [];
      if (invalid.length > 0) lies += 1;
      await stream.send(
        BatchReply.serialize({ kind: 'refusal', value: { mixer: 3, invalid, slower: [], reason: '' } }),
      );
      stream.close();
    });
    await net.built.roles.set(names.mixer(1), false);
    const { taskId } = await net.ask();
    await net.until(() => lies > 1);
    expect(net.task(taskId)).toBeNull();
    await net.built.roles.set(names.mixer(1), true);
    await net.until(() => net.task(taskId) !== null);
    expect(net.trace.said.filter((line) => line.includes('discarded'))).toEqual([]);
  });

  it('spoils no request by offering one that the ledger refuses (§14.11)', async () => {
    const net = await start();
    await net.openSession(names.foundation, { homeMixer: 3, depositUnits: 1n });
    const poor = net.chain.head().sessions.length - 1;
    await net.openSession(names.foundation, { homeMixer: 3 });
    const own = net.chain.head().sessions.length - 1;
    await net.blocks(3);
    const liar = await FalseMixer.of(net, 3);
    const unpaid = signedRequest(net, { session: poor }, 1);
    expect(await liar.offerAll(finished(net, 3, unpaid))).toEqual(['RECEIPT_OVERDRAWN']);
    const paid = signedRequest(net, { session: own }, 2);
    expect(await liar.offerAll(finished(net, 3, paid))).toEqual(['signed']);
    // Nothing was taken: the same request of another mixer is refused for what it costs, not as used.
    const other = await FalseMixer.of(net, 2);
    expect(await other.offerAll(finished(net, 2, unpaid))).toEqual(['RECEIPT_OVERDRAWN', 'nothing']);
  });

  it('has nobody look through more than an honest one offers (§14.1.2)', async () => {
    const net = await start();
    const liar = await FalseMixer.of(net, 3);
    const task = finished(net, 3, signedRequest(net, {}, 1));
    const offered = async (count: number) => (await liar.offer(0, ...Array(count).fill(task))).reason;
    expect(await offered(801)).toBe('more than may be offered at once');
    expect(await offered(800)).toContain('RECEIPT_DUPLICATE');
  });

  it('has nobody draw further than anybody is asked: a late rank takes long to find (§5.4)', async () => {
    const net = await start();
    const liar = await FalseMixer.of(net, 3);
    const task = finished(net, 3, signedRequest(net, {}, 1));
    if (task.kind !== 'receipt') throw new Error('it is not a receipt');
    const far = { ...task, value: { ...task.value, receipt: { ...task.value.receipt, rank: 60_000 } } };
    expect((await liar.offer(0, far)).reason).toBe('nobody is asked at this rank');
  });

  it('takes no task of a session whose home mixer is there, and so not what that one reserved (§5.6)', async () => {
    const net = await start();
    const liar = await FalseMixer.of(net, 3);
    const signed = signedRequest(net, {}, 3);
    expect(await liar.offerAll(finished(net, 3, signed))).toEqual(['the home mixer of its session was there']);
    // Once the home mixer is silent any other may.
    await net.built.roles.set(names.mixer(0), false);
    await net.blocks(6);
    expect(await liar.offerAll(finished(net, 3, signed))).toEqual(['nothing', 'signed']);
  });
});
