import { names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { type Attestation, drawEpoch, messageTypes, Presence, SignedPresence } from '@assay/protocol';
import { SigningRoots, topics } from '@assay/roles/context';
import { presentCommittee } from '@assay/roles/mixer/committee';
import { DrawTables } from '@assay/roles/mixer/index';
import type { Chain } from '@assay/roles/ports/chain';
import { peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { forgedTask, signedRequest, ticketOf } from '../src/adversaries/forged-task.ts';
import { Machine } from '../src/machine.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { type StartOptions, startWorld } from './start.fixture.ts';

/** A world whose miners answer when they are let, and a task that mixer 1 took for mixer 0, which was cut off. */
async function taskOfStandIn(params: StartOptions['params'] = { epochBlocks: 4096 }) {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const wait = () => {
    begun.resolve();
    return gate.promise;
  };
  const net = await startWorld({
    miners: 2,
    params,
    modelOf: () => new SimulatedModel('registered', wait),
  });
  net.network.cutOff(net.mixerPeer(0));
  await net.blocks(8);
  const answer = net.ask();
  await begun.promise;
  return { net, answer, finish: gate.resolve };
}

function drawnAt(task: Attestation, drawHeight: number): Attestation {
  if (task.kind !== 'receipt') throw new Error('it is not a receipt');
  return { ...task, value: { ...task.value, receipt: { ...task.value.receipt, drawHeight } } };
}

/** A mixer begins again, with nothing but what it had stored. */
async function restart(net: World, mixer: number): Promise<void> {
  await net.built.roles.set(names.mixer(mixer), false);
  await net.blocks(1);
  await net.build(new Machine(net).with(net.chain)).roles.set(names.mixer(mixer), true);
}

describe('a task that another took while its home mixer was away (§5.6)', () => {
  it('is certified, whoever comes back or forgets before it ends', async () => {
    const { net, answer, finish } = await taskOfStandIn();
    net.network.heal(net.mixerPeer(0));
    await net.blocks(8);
    await restart(net, 2);
    await net.blocks(4);
    finish();
    const { taskId } = await answer;
    const { height } = net.chain.head().globals;
    await net.until(() => net.task(taskId) !== null || net.chain.head().globals.height > height + 50);
    expect(net.trace.said.filter((line) => line.includes('discarded'))).toEqual([]);
    expect(net.task(taskId)?.row.mixer).toBe(1);
  });

  it('is certified after the one that took it had no seat for a while (§14.10)', async () => {
    const { net, answer, finish } = await taskOfStandIn({ epochBlocks: 32, batchMs: 10_000 });
    finish();
    const { taskId } = await answer;
    await net.built.roles.set(names.mixer(1), false);
    net.network.heal(net.mixerPeer(0));
    const hasSeat = () => presentCommittee(net.chain.head()).some(({ mixer }) => mixer === 1);
    await net.until(() => !hasSeat());
    await net.blocks(40);
    expect(net.task(taskId)).toBeNull();
    await net.built.roles.set(names.mixer(1), true);
    await net.until(hasSeat);
    await net.blocks(12);
    expect(net.task(taskId)?.row.mixer).toBe(1);
  });

  it('is certified although another said too late that it takes the request, and served it', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 4096 } });
    net.network.cutOff(net.mixerPeer(0));
    await net.blocks(8);
    net.network.lengthen(net.mixerPeer(1), peerIdOf(net.keys.account(names.gateway)), 2100);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    expect(net.task(taskId)?.row.mixer).toBe(2);
  });

  it('is drawn from tables that a node keeps, also of epochs in which no mixer ran (§14.2.1)', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 4 } });
    const store = net.store.roleStore('draws of another node');
    const tables = new DrawTables(net.chain, store);
    for (const mixer of [0, 1, 2, 3]) await net.built.roles.set(names.mixer(mixer), false);
    await net.blocks(12);
    const head = net.chain.head();
    const begun = new DrawTables(net.chain, store);
    for (let height = head.globals.height - 10; height <= head.globals.height; height++) {
      const table = tables.at(height, head);
      expect(table?.epoch).toBe(drawEpoch(head.params, height));
      expect(begun.at(height, head)).toEqual(table);
    }
  });

  it('is drawn from a table of the epoch in which a chain begins with a state (§14.2.1)', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 16 } });
    const empty = net.chain.head();
    let isBegun = false;
    const chain: Pick<Chain, 'head' | 'onBlock'> = {
      head: () => (isBegun ? net.chain.head() : empty),
      onBlock: (listener) => net.chain.onBlock((committed) => isBegun && listener(committed)),
    };
    const tables = new DrawTables(chain, net.store.roleStore('draws of a late node'));
    await net.until(() => net.chain.head().globals.height % 16 === 4 && net.chain.head().globals.epoch > 0);
    isBegun = true;
    await net.blocks(2);
    const head = net.chain.head();
    expect(tables.at(head.globals.height, head)?.epoch).toBe(head.globals.epoch);
  });

  it('is taken and certified although somebody sends again what the home mixer said (§14.2)', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 4096 } });
    const said: Uint8Array[] = [];
    const isHome = (from: string) => from === net.mixerPeer(0);
    const listener = await net.network.join(peerSigner('listener'));
    listener.subscribe(topics.presence, (message, from) => isHome(from) && said.push(message));
    await net.blocks(3);
    const home = await FalseMixer.of(net, 0);
    const elsewhere = new SigningRoots({ chainId: 'another', genesisHash: new Uint8Array(32) });
    net.chain.onBlock(({ result }) => {
      const presence = { mixer: 0, height: result.height };
      const signature = net.keys.account(names.mixer(0)).sign(elsewhere.of(messageTypes.presence, Presence, presence));
      home.endpoint.publish(topics.presence, SignedPresence.serialize({ presence, signature }));
      for (const message of said) home.endpoint.publish(topics.presence, message);
    });
    await net.blocks(8);
    expect(said.length).toBeGreaterThan(1);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    expect(net.task(taskId)?.row.mixer).toBe(1);
  });

  it('is none of a draw at which the home mixer was there, whoever has forgotten what it heard then', async () => {
    const net = await startWorld({ miners: 2, params: { epochBlocks: 4096 } });
    const drawHeight = net.chain.head().globals.height;
    for (const mixer of [1, 2]) await restart(net, mixer);
    await net.blocks(4);
    const liar = await FalseMixer.of(net, 3);
    const signed = signedRequest(net, {}, 3);
    const now = forgedTask(net, signed, { ticket: ticketOf(net, 3, signed.request) });
    for (const task of [now, drawnAt(now, drawHeight)]) {
      expect(await liar.offerAll(task)).toEqual(['the home mixer of its session was there']);
    }
  });
});
