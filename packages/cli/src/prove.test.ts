import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createClient } from '@assay/client';
import { openTestEngine, signerOf, type TestChain, testChain, transferOf } from '@assay/node/consensus/chain.fixture';
import type { EmbeddedEngine } from '@assay/node/consensus/embedded';
import { LocalReader } from '@assay/node/host/node-reader';
import { TotalsView } from '@assay/node/host/totals';
import { EchoGateway } from '@assay/node/http/echo-gateway.fixture';
import { startHttpServer } from '@assay/node/http/server';
import { TwoRoles } from '@assay/node/http/small-chain.fixture';
import { addressText } from '@assay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A node that makes blocks when told, with its API. */
async function startNode(chain: TestChain): Promise<{ engine: EmbeddedEngine; url: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-prove-'));
  closing.push(() => rmSync(dir, { recursive: true }));
  const { engine, store, close } = await openTestEngine(chain, dir);
  closing.push(close);
  const parts = { version: '1', genesis: chain.genesis, chain: engine.chain, store, totals: new TotalsView(store) };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: new EchoGateway(),
    roles: new TwoRoles(),
    adminToken: '',
    node: new LocalReader({ ...parts, isPending: () => false, queues: () => [], engineOf: () => null }),
    onRequestError: (error) => {
      throw error;
    },
  });
  closing.push(() => server.stop());
  return { engine, url: server.url };
}

async function assay(...words: string[]): Promise<{ code: number; out: string; note: string }> {
  const streams = { out: new PassThrough(), note: new PassThrough() };
  const code = await runProgram(words, { terminal: streams, environment: {} });
  return { code, out: String(streams.out.read() ?? ''), note: String(streams.note.read() ?? '') };
}

const chain = testChain();
const payer = signerOf('account 0');
const address = addressText(payer.address);
let node: { engine: EmbeddedEngine; url: string };

beforeEach(async () => {
  node = await startNode(chain);
});

async function pay(): Promise<void> {
  const included = node.engine.chain.submit(
    transferOf(chain, { from: payer, to: signerOf('account 1').address, nonce: 0 }),
  );
  await node.engine.produceNow();
  expect(await included).toMatchObject({ code: 'OK' });
}

describe('assay prove', () => {
  it('says in one sentence what a node proves of an account, and whose word that rests on', async () => {
    await pay();
    const { code, out } = await assay('prove', 'account', address, '--api', node.url);
    expect(out).toMatch(/^Proven\. After block 1 of \S+ assay1\w+ held \d+\.\d+ units, its next nonce being 1; it/);
    expect(out).toContain("The root of block 1 is this node's own word");
    expect(code).toBe(0);
  });

  it('gives the proof for others to check, with the row in words', async () => {
    await pay();
    const { out } = await assay('prove', 'account', address, '--api', node.url, '--json');
    const { valid, row, proof } = JSON.parse(out);
    expect(valid).toBe(true);
    expect(row).toMatchObject({ address, nonce: 1 });
    const { items } = await createClient({ baseUrl: node.url }).getBlocks({ from: 1, limit: 1 });
    expect(proof.header.stateRoot).toBe(items[0]?.stateRoot);
  });

  it('believes a witness more than the node', async () => {
    await pay();
    const agrees = await assay('prove', 'account', address, '--api', node.url, '--witness', node.url);
    expect(agrees.out).toContain(`The root of block 1 is the word of ${node.url}.`);
    expect(agrees.code).toBe(0);
    const other = await startNode(testChain({ chainId: 'other' }));
    await other.engine.produceNow();
    const differs = await assay('prove', 'account', address, '--api', node.url, '--witness', other.url);
    expect(differs.out).toMatch(/^Not proven\. The proof proves nothing: its block 1 has the root 0x/);
    expect(differs.code).toBe(exitCodes.verification.code);
  });

  it('proves nothing before the first durable block, which is what a root stands in', async () => {
    const asked = createClient({ baseUrl: node.url }).getProof({ kind: 'account', id: address });
    await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await node.engine.produceNow();
    const { header } = await createClient({ baseUrl: node.url }).getProof({ kind: 'account', id: address });
    expect(header.height).toBe(1);
  });

  it('says that there is nothing to prove', async () => {
    await pay();
    for (const words of [
      ['account', addressText(signerOf('nobody').address)],
      ['session', '0'],
      ['task', '00'.repeat(32)],
    ]) {
      const { code, note } = await assay('prove', ...words, '--api', node.url);
      expect(note).toContain('The state holds no such row now');
      expect(code).toBe(exitCodes.notFound.code);
    }
  });
});
