import { nativeVerifier } from '@assay/node/crypto/verifier';
import { names } from '@assay/node/devnet/genesis';
import { ArtifactReply } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { fetchArtifact } from '@assay/roles/fetch-artifact';
import { sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { drawnBy, forgedTask, signedRequest, ticketOf } from '../src/adversaries/forged-task.ts';
import { artifactOf, startWorld } from './start.fixture.ts';

/** A network with a certified task, of which the second mixer and the third miner are in one hand. */
async function start() {
  const net = await startWorld({ miners: 3 });
  const apiKey = await net.openSession(names.foundation, { homeMixer: 1 });
  const { taskId } = await net.ask({}, apiKey);
  await net.until(() => net.task(taskId) !== null);
  const receipt = net.task(taskId)?.receipt;
  const bundle = artifactOf(net, taskId);
  if (receipt === undefined || bundle === null) throw new Error('the task was certified and its artifact kept');
  return { net, receipt, bundle };
}

describe('a task', () => {
  it('is signed only with the ticket of the mixer that offers it', async () => {
    const { net, receipt } = await start();
    const { session } = receipt;
    const liar = await FalseMixer.of(net, 1);
    const answerTo = async ({ requestHash, ...task }: { requestHash: Uint8Array; miner: number; ticket: Uint8Array }) =>
      (await liar.offer(0, forgedTask(net, signedRequest(net, { session, requestHash }), task))).reason;
    const ticketBy = (mixer: number, requestHash: Uint8Array) => ticketOf(net, mixer, { session, requestHash });
    const isDrawn = (miner: number, ticket: Uint8Array) => drawnBy(net, session, ticket)[0] === miner;
    const requestHash = new Uint8Array(32);
    const requests = Array.from({ length: 80 }, (_, i) => sha256(Uint8Array.of(i)));
    const requestThat = (isSo: (hash: Uint8Array) => boolean) => requests.find(isSo) ?? requestHash;
    // It grinds what it likes until its own miner is drawn.
    const ground = Array.from({ length: 64 }, (_, i) => new Uint8Array(96).fill(i)).find((ticket) =>
      isDrawn(2, ticket),
    );
    expect(ground).toBeDefined();
    const forged = "the ticket is not its mixer's signature of the request";
    expect(await answerTo({ requestHash, miner: 2, ticket: ground ?? new Uint8Array(96) })).toBe(forged);
    const another = requestThat((hash) => isDrawn(2, ticketBy(0, hash)));
    expect(await answerTo({ requestHash: another, miner: 2, ticket: ticketBy(0, another) })).toBe(forged);
    expect(await answerTo({ requestHash: another, miner: 2, ticket: ticketBy(1, requestHash) })).toBe(forged);
    // Of its own ticket it takes what the draw gives.
    const unlucky = requestThat((hash) => !isDrawn(2, ticketBy(1, hash)));
    const ticket = ticketBy(1, unlucky);
    const [first = 0] = drawnBy(net, session, ticket);
    expect(await answerTo({ requestHash: unlucky, miner: 2, ticket })).toBe('the miner was not drawn at this rank');
    expect(await answerTo({ requestHash: unlucky, miner: first, ticket })).toBe('signed');
  });

  it('names what its payer signed of its length, whatever class would suit its mixer (§6.6)', async () => {
    const { net, receipt } = await start();
    const { session } = receipt;
    const liar = await FalseMixer.of(net, 1);
    const request = signedRequest(net, { session, requestHash: sha256(Uint8Array.of(7)) });
    const ticket = ticketOf(net, 1, request.request);
    const honest = forgedTask(net, request, { ticket });
    if (honest.kind !== 'receipt') throw new Error('a task has a receipt');
    const { evidence, receipt: signed } = honest.value;
    for (const change of [{ maxTokensIn: 5000 }, { maxTokensOut: 1000 }]) {
      const value = { receipt: { ...signed, ...change }, evidence };
      expect((await liar.offer(0, { kind: 'receipt', value })).reason).toBe(
        'the receipt is not for the signed request',
      );
    }
    expect((await liar.offer(0, honest)).reason).toBe('signed');
  });

  it('gives its auditors the request it was made of, and no other', async () => {
    const { net, receipt, bundle } = await start();
    const head = () => net.chain.head();
    const index = head().taskOf(receipt.taskId) ?? -1;
    const task = head().tasks.at(index);
    await net.until(() => (head().audits.get(head().auditOf(receipt.taskId) ?? -1)?.auditors.length ?? 0) > 0);
    const [slot] = head().audits.at(head().auditOf(receipt.taskId) ?? -1).auditors;
    await net.built.roles.set(names.validator(slot?.validator ?? 0), false);
    const auditor = await net.network.join(net.keys.account(names.validator(slot?.validator ?? 0)));
    const fetched = () =>
      fetchArtifact(auditor, { state: head(), verifier: nativeVerifier, runtime: net.runtime }, task);
    expect((await fetched())?.ticket).toEqual(receipt.ticket);
    await net.built.roles.set(names.mixer(task.mixer), false);
    const impostor = await net.network.join(net.keys.account(names.mixer(task.mixer)));
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
