import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { toHex } from '@assay/ssz';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { rowProofToJson } from './proof/row-proof.ts';
import { answers, header } from './proof/state.fixture.ts';
import { certified, chain, trust } from './receipt/certified.fixture.ts';
import { portableReceipt, portableReceiptToJson } from './receipt/portable-receipt.ts';

const entry = fileURLToPath(new URL('./index.ts', import.meta.url));

async function bundle(): Promise<{ code: string; imports: readonly string[] }> {
  const build = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'iife', name: 'assay' });
  await build.close();
  return { code: output[0].code, imports: [...output[0].imports, ...output[0].dynamicImports] };
}

describe('in a browser', () => {
  it('needs no module and no global of Node, and checks receipts and proofs', async () => {
    const { code, imports } = await bundle();
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/\brequire\(|["']node:/);

    const receipt = portableReceipt({ chain, height: 7, batch: certified([0, 1, 3]), index: 1 });
    const [answer] = answers();
    const files = {
      proof: answer && rowProofToJson(answer.proof),
      question: answer?.question,
      stateRoot: [...header.stateRoot],
      receipt: receipt && portableReceiptToJson(receipt),
      committee: {
        chainId: chain.chainId,
        genesisHash: `0x${toHex(chain.genesisHash)}`,
        epochs: trust.committee.epochs,
        epochBlocks: trust.epochBlocks,
        mixers: trust.committee.seats.map(({ mixer: index, blsPublicKey }) => ({
          index,
          blsPublicKey: `0x${toHex(blsPublicKey)}`,
        })),
      },
    };
    const page = createContext({
      TextEncoder,
      TextDecoder,
      URL,
      URLSearchParams,
      crypto,
      input: JSON.stringify(files),
    });
    runInContext(code, page);
    const verdicts: unknown = runInContext(
      `const files = JSON.parse(input);
       const receipt = assay.portableReceiptFromJson(files.receipt);
       const trust = assay.trustFromCommitteeJson(files.committee);
       const tampered = { ...receipt, receipt: { ...receipt.receipt, miner: 3 } };
       const proof = assay.rowProofFromJson(files.proof);
       const elsewhere = { ...proof, index: proof.index + 1 };
       const options = { root: { stateRoot: Uint8Array.from(files.stateRoot) }, question: files.question };
       JSON.stringify([
         ...[receipt, tampered].map((one) => assay.verifyReceipt(one, trust).valid),
         ...[proof, elsewhere].map((one) => assay.verifyProof(one, options).valid),
       ])`,
      page,
    );
    expect(JSON.parse(String(verdicts))).toEqual([true, false, true, false]);
  });
});
