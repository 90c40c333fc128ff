import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type History, ReplayFault, replayBlocks } from '@assay/explain/replay-blocks';
import { openTestEngine, testChain, transferOf } from '@assay/node/consensus/chain.fixture';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { addressOf, type Block, Genesis, SealedBlock, sealedBlockBytes } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'assay-replay-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const chain = testChain();
const blockCount = 12;

/** Makes a chain of some blocks in the data directory; gives its blocks. */
async function makeChain(): Promise<Uint8Array[]> {
  writeFileSync(join(dataDir, 'genesis.json'), JSON.stringify(Genesis.toJson(chain.genesis)));
  const { engine, store, close } = await openTestEngine(chain, join(dataDir, 'chain'));
  const [from] = chain.accounts;
  for (let nonce = 0; nonce < blockCount && from !== undefined; nonce++) {
    const included = engine.chain.submit(transferOf(chain, { from, to: addressOf(new Uint8Array(32)), nonce }));
    await engine.produceNow();
    await included;
  }
  const blocks = Array.from({ length: blockCount }, (_, i) =>
    sealedBlockBytes(store.blockAt(i + 1) ?? new Uint8Array(), store.sealAt(i + 1)),
  );
  await close();
  return blocks;
}

async function assay(...words: string[]): Promise<{ code: number; out: string; note: string }> {
  const streams = { out: new PassThrough(), note: new PassThrough() };
  const code = await runProgram([...words, '--data', dataDir], { terminal: streams, environment: {} });
  return { code, out: String(streams.out.read() ?? ''), note: String(streams.note.read() ?? '') };
}

const historyOf = (blocks: readonly Uint8Array[]): History => ({
  source: 'a test',
  genesis: chain.genesis,
  height: blocks.length,
  verifier: nativeVerifier,
  blocks: async function* all(from: number) {
    yield* blocks.slice(from - 1);
  },
  stateUpTo: async () => null,
  spanOf: async () => null,
  marked: async () => [],
  closeOf: async () => null,
});

async function faultOf(blocks: readonly Uint8Array[], fast: boolean, from = 1): Promise<ReplayFault | null> {
  try {
    for await (const { height } of replayBlocks(historyOf(blocks), { fast, from })) expect(height).toBeGreaterThan(0);
    return null;
  } catch (error) {
    if (error instanceof ReplayFault) return error;
    throw error;
  }
}

describe('assay replay', () => {
  it('comes to the root of the last block, with and without signatures', async () => {
    const last = SealedBlock.deserialize((await makeChain()).at(-1) ?? new Uint8Array()).block;
    const stateRoot = `0x${toHex(last.header.stateRoot)}`;
    for (const flags of [[], ['--fast']]) {
      const { code, out } = await assay('replay', '--json', ...flags);
      expect(JSON.parse(out)).toMatchObject({
        valid: true,
        height: blockCount,
        transactions: blockCount,
        stateRoot,
        fault: null,
        chainId: 'test',
      });
      expect(code).toBe(0);
    }
    expect((await assay('replay')).out).toContain(`Every root of ${blockCount} blocks with ${blockCount} transactions`);
  });

  it('recomputes what one epoch paid, and compares it with what the node keeps', async () => {
    await makeChain();
    const { code, out } = await assay('replay', '--epoch', '0', '--from', '5', '--json');
    expect(JSON.parse(out)).toMatchObject({ valid: true, height: 7, settlement: { epoch: 0, agrees: true } });
    expect(code).toBe(0);
    const { settlement } = JSON.parse(out);
    expect(BigInt(settlement.mintedUnits)).toBeGreaterThan(0n);
    expect((await assay('replay', '--epoch', '0')).out).toContain(
      'says the same of every payout, to the last base unit.',
    );
    const open = await assay('replay', '--epoch', '1');
    expect(open.note).toContain('Epoch 1 is not closed by block 12.\n');
    expect(open.code).toBe(exitCodes.notFound.code);
  });

  it('begins with the newest state kept before a block, and says so (§16.15)', async () => {
    await makeChain();
    const { code, out } = await assay('replay', '--from', String(blockCount), '--json');
    const { startHeight, ...replayed } = JSON.parse(out);
    expect(startHeight).toBeGreaterThan(0);
    expect(replayed).toMatchObject({ valid: true, height: blockCount, transactions: blockCount - startHeight });
    expect(code).toBe(0);
    const shown = await assay('replay', '--from', String(blockCount));
    expect(shown.out).toContain(`the state after block ${startHeight}, which is kept there`);
    expect(JSON.parse((await assay('replay', '--json')).out)).toMatchObject({ startHeight: 0 });
    expect(JSON.parse((await assay('gov', 'list', '--json')).out)).toEqual({ proposals: [] });
    expect(JSON.parse((await assay('case', 'list', '--json')).out)).toEqual({ cases: [] });
  });

  it('says that a directory holds no chain', async () => {
    const { code, note } = await assay('replay');
    expect(note).toBe(`${dataDir} holds no chain. Name a data directory with --data, or a node with --api URL.\n`);
    expect(code).toBe(exitCodes.notFound.code);
  });

  it('refuses the chain of another genesis', async () => {
    await makeChain();
    const other = testChain({ chainId: 'other' }).genesis;
    writeFileSync(join(dataDir, 'genesis.json'), JSON.stringify(Genesis.toJson(other)));
    const { code, note } = await assay('replay');
    expect(note).toContain('The data directory holds another chain');
    expect(code).toBe(exitCodes.dataDirectory.code);
  });
});

describe('replayBlocks', () => {
  it('names the first block that is not what the rules make it', async () => {
    const blocks = await makeChain();
    const edit = (change: (block: Block) => Block): Uint8Array[] =>
      blocks.map((bytes, i) => {
        if (i !== 4) return bytes;
        const { block, seal } = SealedBlock.deserialize(bytes);
        return SealedBlock.serialize({ block: change(block), seal });
      });
    const header = (change: Partial<Block['header']>) =>
      edit((block) => ({ ...block, header: { ...block.header, ...change } }));
    const cases: [Uint8Array[], RegExp][] = [
      [header({ stateRoot: new Uint8Array(32) }), /the signature of validator 0 in its seal does not hold/],
      [edit((block) => ({ ...block, transactions: [] })), /the root of the transactions is/],
      [header({ parentRoot: new Uint8Array(32) }), /the parent root is/],
      [blocks.filter((_, i) => i !== 4), /it says it is block 6/],
      [blocks.map((bytes, i) => (i === 4 ? bytes.subarray(9) : bytes)), /its bytes are not a block/],
    ];
    for (const [tampered, reason] of cases) {
      const fault = await faultOf(tampered, false);
      expect(fault?.height).toBe(5);
      expect(fault?.reason).toMatch(reason);
    }
    expect((await faultOf(header({ stateRoot: new Uint8Array(32) }), false, 6))?.reason).toMatch(/the state root is/);
    expect((await faultOf(header({ stateRoot: new Uint8Array(32) }), true))?.reason).toMatch(/the state root is/);
    expect(await faultOf(blocks, false)).toBeNull();
  });
});
