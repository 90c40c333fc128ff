import { drawMiners, drawTable, priceOf } from '@assay/ledger';
import {
  Artifact,
  type Attestation,
  BatchOffer,
  BatchReply,
  drawIdOf,
  InferencePayload,
  messageTypes,
  Precommit,
  precommitHash,
  type Receipt,
  TaskRequest,
  ticketSigningRoot,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { names } from '../src/devnet/genesis.ts';
import { ask, receive } from '../src/network/wire.ts';
import { protocols, SigningRoots } from '../src/roles/context.ts';
import { ofReceipt } from '../src/roles/mixer/index.ts';
import type { SimulatedNetwork } from './simulated/network.ts';
import { endpointOf, startNetwork } from './simulated/start.ts';

const start = () => startNetwork({ miners: 2, params: { epochBlocks: 4096 } });

/** A request signed by the key of all sessions. */
function requested(net: SimulatedNetwork, session: number, nonce: number) {
  const payload = { ...InferencePayload.defaultValue(), maxTokens: 4, nonce: new Uint8Array(32).fill(nonce) };
  const bounds = { maxTokensIn: 100, maxTokensOut: 4, validUntilMs: Date.now() + 60_000 };
  const request = { session, gateway: 0, requestHash: InferencePayload.hashTreeRoot(payload), ...bounds };
  const root = new SigningRoots(net.chain.identity).of(messageTypes.taskRequest, TaskRequest, request);
  return { request, requestSignature: net.keys.account(names.session).sign(root) };
}

/** What a mixer and the miner that is drawn can make of a request, everything signed. */
function finished(net: SimulatedNetwork, mixer: number, signed: ReturnType<typeof requested>): Attestation {
  const state = net.chain.head();
  const { session, requestHash } = signed.request;
  const { domain, payer, dedicatedMiners } = state.sessions.at(session);
  const ticket = net.keys.committee(names.mixer(mixer)).sign(ticketSigningRoot(state.chain, signed.request));
  const taskId = drawIdOf({ ticket });
  const place = { kind: 'user' as const, model: 0, drawHeight: state.globals.height };
  const drawn = drawMiners(drawTable(state), { ...place, taskId, domain, payer, dedicatedMiners }, 1);
  const miner = drawn[0]?.miner ?? 0;
  const artifactRoot = Artifact.hashTreeRoot(Artifact.defaultValue());
  const salt = new Uint8Array(32);
  const hash = precommitHash({ artifactRoot, salt, requestHash, model: 0 });
  const root = new SigningRoots(state.chain).of(messageTypes.precommit, Precommit, { taskId, miner, hash });
  const tokens = { tokensIn: 10, tokensOut: 4 };
  const receipt: Receipt = {
    ...{ ...place, taskId, ticket, miner, session, requestHash, artifactRoot, ...tokens, gateway: 0 },
    ...{ outcome: 'complete', replica: 0, rank: 0, attempt: 0, firstTokenMs: 1, totalMs: 2, similarityPpb: 0 },
    priceUnits: priceOf(state.models.at(0), tokens),
  };
  const precommitSignature = net.keys.account(names.miner(miner)).sign(root);
  return ofReceipt({ receipt, evidence: { ...signed, precommitSignature, salt } });
}

/** Takes the place of a mixer: what the others answer to its offers. */
async function liar(net: SimulatedNetwork, mixer: number) {
  await net.built.roles.set(names.mixer(mixer), false);
  const endpoint = await net.network.join(net.mixerAddress(mixer));
  return async (...attestations: Attestation[]) => {
    const answers = [0, 1, 2, 3].map(async (to) => {
      if (to === mixer) return [];
      const offer: [typeof BatchOffer, BatchOffer] = [BatchOffer, net.offer(mixer, ...attestations)];
      const stream = endpoint.open(net.mixerAddress(to), protocols.batch);
      const reply = await stream.then((open) => ask(net.runtime, open, offer, BatchReply)).catch(() => null);
      if (reply === null) return 'nothing';
      const value = reply.value as { reason?: string };
      return value.reason ?? 'signed';
    });
    return [...new Set((await Promise.all(answers)).flat())];
  };
}

describe('one mixer that lies', () => {
  it('throws nobody’s work away by calling it invalid while another is not there (§14.12)', async () => {
    const net = await start();
    let lies = 0;
    endpointOf(net, 3).handle(protocols.batch, async (stream) => {
      const offer = await receive(stream, BatchOffer);
      const invalid = offer?.attestations.map((_, place) => place) ?? [];
      if (invalid.length > 0) lies += 1;
      await stream.send(BatchReply.serialize({ selector: 1, value: { mixer: 3, invalid, reason: '' } }));
      stream.close();
    });
    await net.built.roles.set('mixer-2', false);
    const { taskId } = await net.ask();
    await net.until(() => lies > 1);
    expect(net.task(taskId)).toBeNull();
    await net.built.roles.set('mixer-2', true);
    await net.until(() => net.task(taskId) !== null);
    expect(net.log.filter((line) => line.includes('discarded'))).toEqual([]);
  });

  it('spoils no request by offering one that the ledger refuses (§14.11)', async () => {
    const net = await start();
    await net.openSession(names.foundation, { homeMixer: 3, depositUnits: 1n });
    const poor = net.chain.head().sessions.length - 1;
    await net.openSession(names.foundation, { homeMixer: 3 });
    const own = net.chain.head().sessions.length - 1;
    await net.blocks(3);
    const offer = await liar(net, 3);
    const unpaid = requested(net, poor, 1);
    expect(await offer(finished(net, 3, unpaid))).toEqual(['RECEIPT_OVERDRAWN']);
    const paid = requested(net, own, 2);
    expect(await offer(finished(net, 3, paid))).toEqual(['signed']);
    // Nothing was taken: the same request of another mixer is refused for what it costs, not as used.
    const other = await liar(net, 2);
    expect((await other(finished(net, 2, unpaid))).toSorted()).toEqual(['RECEIPT_OVERDRAWN', 'nothing']);
  });

  it('takes no task of a session whose home mixer is there, and so not what that one reserved (§5.6)', async () => {
    const net = await start();
    const offer = await liar(net, 3);
    const signed = requested(net, net.session, 3);
    expect(await offer(finished(net, 3, signed))).toEqual(['the home mixer of its session was there']);
    // Once the home mixer is silent any other may.
    await net.built.roles.set('mixer-1', false);
    await net.blocks(6);
    expect((await offer(finished(net, 3, signed))).toSorted()).toEqual(['nothing', 'signed']);
  });
});
