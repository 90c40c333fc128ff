import { names } from '@assay/node/devnet/genesis';
import { BatchOffer, BatchReply } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { forgedTask, signedRequest, ticketOf } from '../src/adversaries/forged-task.ts';
import type { World } from '../src/world.ts';
import { endpointOf, startWorld } from './start.fixture.ts';

const start = () => startWorld({ miners: 2, params: { epochBlocks: 4096 } });

/** What a mixer and the miner that is drawn can make of a request, everything signed. */
const finished = (net: World, mixer: number, signed: ReturnType<typeof signedRequest>) =>
  forgedTask(net, signed, { ticket: ticketOf(net, mixer, signed.request) });

describe('one mixer that lies', () => {
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
