import { drawMiners, drawTable } from '@assay/ledger';
import {
  Artifact,
  ArtifactReply,
  BatchOffer,
  BatchReply,
  drawIdOf,
  messageTypes,
  Precommit,
  precommitHash,
  type Receipt,
  sha256,
  TaskRequest,
  ticketSigningRoot,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../src/crypto/verifier.ts';
import { names } from '../src/devnet/genesis.ts';
import { ask } from '../src/network/wire.ts';
import { networkAddress, protocols, SigningRoots } from '../src/roles/context.ts';
import { fetchArtifact } from '../src/roles/fetch-artifact.ts';
import { ofReceipt } from '../src/roles/mixer/index.ts';
import type { SimulatedNetwork } from './simulated/network.ts';
import { startNetwork } from './simulated/start.ts';

/** A network with a certified task, of which the second mixer and the third miner are in one hand. */
async function start() {
  const net = await startNetwork({ miners: 3 });
  const apiKey = await net.openSession(names.foundation, { homeMixer: 1 });
  const { taskId } = await net.ask({}, apiKey);
  await net.until(() => net.task(taskId) !== null);
  const receipt = net.task(taskId)?.receipt;
  const bundle = net.artifact(taskId);
  if (receipt === undefined || bundle === null) throw new Error('the task was certified and its artifact kept');
  return { net, receipt, bundle };
}

/** What the draw for a ticket says now. */
function drawnBy(net: SimulatedNetwork, session: number, ticket: Uint8Array): number[] {
  const state = net.chain.head();
  const { domain, model, payer, dedicatedMiners } = state.sessions.at(session);
  const place = { kind: 'user' as const, domain, model, payer, dedicatedMiners, drawHeight: state.globals.height };
  const draw = drawMiners(drawTable(state), { ...place, taskId: drawIdOf({ ticket }) }, 3);
  return draw.map(({ miner }) => miner);
}

/** A finished task that the payer asked for and the miner answered, everything signed, with the ticket given. */
function finished(net: SimulatedNetwork, like: { receipt: Receipt; artifact: Artifact }, change: Partial<Receipt>) {
  const { chain, globals } = net.chain.head();
  const roots = new SigningRoots(chain);
  const { ticket = like.receipt.ticket, miner = 0, requestHash = like.receipt.requestHash } = change;
  const taskId = drawIdOf({ ticket });
  const artifactRoot = Artifact.hashTreeRoot({ ...like.artifact, taskId, miner });
  const salt = new Uint8Array(32);
  const { model, session } = like.receipt;
  const precommit = { taskId, miner, hash: precommitHash({ artifactRoot, salt, requestHash, model }) };
  const request: TaskRequest = {
    ...{ session, gateway: 0, requestHash },
    ...{ maxTokensIn: 1000, maxTokensOut: 1000, validUntilMs: Date.now() + 60_000 },
  };
  const sign = (name: string, root: Uint8Array) => net.keys.account(name).sign(root);
  return ofReceipt({
    receipt: { ...like.receipt, rank: 0, ...change, taskId, artifactRoot, drawHeight: globals.height },
    evidence: {
      request,
      requestSignature: sign(names.session, roots.of(messageTypes.taskRequest, TaskRequest, request)),
      precommitSignature: sign(names.miner(miner), roots.of(messageTypes.precommit, Precommit, precommit)),
      salt,
    },
  });
}

describe('a task', () => {
  it('is signed only with the ticket of the mixer that offers it', async () => {
    const { net, receipt, bundle } = await start();
    const like = { receipt, artifact: bundle.reveal.artifact };
    await net.built.roles.set('mixer-2', false);
    const impostor = await net.network.join(net.mixerAddress(1));
    const answerTo = async (change: Partial<Receipt>) => {
      const stream = await impostor.open(net.mixerAddress(0), protocols.batch);
      const reply = await ask(net.runtime, stream, [BatchOffer, net.offer(1, finished(net, like, change))], BatchReply);
      if (reply === null) throw new Error('the mixer gave no answer');
      return 'reason' in reply.value ? reply.value.reason : 'signed';
    };
    const ticketOf = (mixer: number, requestHash: Uint8Array) => {
      const root = ticketSigningRoot(net.chain.identity, { session: receipt.session, requestHash });
      return net.keys.committee(names.mixer(mixer)).sign(root);
    };
    const requestHash = new Uint8Array(32);
    const requests = Array.from({ length: 80 }, (_, i) => sha256(Uint8Array.of(i)));
    const requestThat = (isSo: (hash: Uint8Array) => boolean) => requests.find(isSo) ?? requestHash;
    // It grinds what it likes until its own miner is drawn.
    const ground = Array.from({ length: 64 }, (_, i) => new Uint8Array(96).fill(i)).find(
      (ticket) => drawnBy(net, receipt.session, ticket)[0] === 2,
    );
    expect(ground).toBeDefined();
    const forged = "the ticket is not its mixer's signature of the request";
    expect(await answerTo({ requestHash, miner: 2, ticket: ground ?? new Uint8Array(96) })).toBe(forged);
    const another = requestThat((hash) => drawnBy(net, receipt.session, ticketOf(0, hash))[0] === 2);
    expect(await answerTo({ requestHash: another, miner: 2, ticket: ticketOf(0, another) })).toBe(forged);
    expect(await answerTo({ requestHash: another, miner: 2, ticket: ticketOf(1, requestHash) })).toBe(forged);
    // Of its own ticket it takes what the draw gives.
    const unlucky = requestThat((hash) => drawnBy(net, receipt.session, ticketOf(1, hash))[0] !== 2);
    const ticket = ticketOf(1, unlucky);
    const [first = 0] = drawnBy(net, receipt.session, ticket);
    expect(await answerTo({ requestHash: unlucky, miner: 2, ticket })).toBe('the miner was not drawn at this rank');
    expect(await answerTo({ requestHash: unlucky, miner: first, ticket })).toBe('signed');
  });

  it('gives its auditors the request it was made of, and no other', async () => {
    const { net, receipt, bundle } = await start();
    const head = () => net.chain.head();
    const index = head().taskOf(receipt.taskId) ?? -1;
    const task = head().tasks.at(index);
    await net.until(() => (head().audits.get(head().auditOf(receipt.taskId) ?? -1)?.auditors.length ?? 0) > 0);
    const [slot] = head().audits.at(head().auditOf(receipt.taskId) ?? -1).auditors;
    await net.built.roles.set(names.validator(slot?.validator ?? 0), false);
    const auditor = await net.network.join(networkAddress(head().validators.at(slot?.validator ?? 0)));
    const fetched = () =>
      fetchArtifact(auditor, { state: head(), verifier: nativeVerifier, runtime: net.runtime }, task);
    expect((await fetched())?.ticket).toEqual(receipt.ticket);
    await net.built.roles.set(names.mixer(task.mixer), false);
    const impostor = await net.network.join(net.mixerAddress(task.mixer));
    let offered = bundle;
    impostor.handle(protocols.artifact, async (stream) => {
      await stream.send(ArtifactReply.serialize([offered]));
      stream.close();
    });
    expect(await fetched()).not.toBeNull();
    offered = { ...bundle, payload: { ...bundle.payload, nonce: new Uint8Array(32) } };
    expect(await fetched()).toBeNull();
    offered = { ...bundle, ticket: new Uint8Array(96) };
    expect(await fetched()).toBeNull();
  });
});
