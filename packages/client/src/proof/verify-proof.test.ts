import { AccountRow, type RowProof } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { rowProofFromJson, rowProofToJson } from './row-proof.ts';
import { answers, header, headerRoot, proofOf } from './state.fixture.ts';
import { type ProofQuestion, verifyProof } from './verify-proof.ts';

const root = { headerRoot };
const [account] = answers();
if (account === undefined) throw new Error('the fixture has no account');
const { proof: good, question } = account;
const reasonsOf = (proof: RowProof) => verifyProof(proof, { root, question }).reasons;

describe('verifyProof', () => {
  it('accepts a row of each kind after a way through JSON, and says what that proves', () => {
    const sentences = answers().map((answer) => {
      const json = JSON.parse(JSON.stringify(rowProofToJson(answer.proof)));
      return verifyProof(rowProofFromJson(json), { root, question: answer.question }).sentence;
    });
    const [held, session, miner, task, payout] = sentences;
    expect(held).toMatch(
      /^After block 7 of 2023-11-14T22:13:20\.000Z assay1\w+ held 2\.5 units, its next nonce being 1;/,
    );
    expect(session).toMatch(/session 1 of assay1\w+ was open with 0 units left and 0\.000000002 spent/);
    expect(miner).toMatch(/miner 0 of assay1\w+ had a collateral of 0 units, trust 0\.9123, and 1 of 9 tasks rejected/);
    expect(task).toMatch(/task 0x\w{64} of miner 0 was approved at a price of 0\.046 units/);
    expect(payout).toMatch(/payout 1 of epoch 3 was 1\.5 units of revenue, stack "miners", to assay1\w+ as miner 7/);
    for (const sentence of sentences) expect(sentence).toMatch(/; it says nothing of any other block\.$/);
  });

  it('gives the row that is proven, and none of a proof that fails', () => {
    expect(verifyProof(good, { root, question }).row).toMatchObject({
      address: question.id,
      balanceUnits: '2500000000',
    });
    expect(verifyProof({ ...good, index: 2 }, { root, question }).row).toBeNull();
  });

  it('takes a trusted state root alone, and then vouches for no height', () => {
    const verdict = verifyProof(good, { root: { stateRoot: header.stateRoot }, question });
    expect(verdict.sentence).toMatch(/^In the state of root 0x\w{64} assay1/);
    const wrong = verifyProof(good, { root: { stateRoot: headerRoot }, question });
    expect(wrong.reasons).toEqual([expect.stringContaining('not to the trusted one')]);
  });

  it('refuses another header, whatever field differs', () => {
    for (const change of [{ height: 8 }, { timeMs: 1 }, { transactionsRoot: headerRoot }, { parentRoot: headerRoot }]) {
      const reasons = reasonsOf({ ...good, header: { ...header, ...change } });
      expect(reasons).toEqual([expect.stringContaining('not the trusted one')]);
    }
  });

  it('refuses a changed row, index, table and path', () => {
    const richer = AccountRow.serialize({ ...AccountRow.deserialize(good.row), balanceUnits: 10n ** 15n });
    const tampered: Partial<RowProof>[] = [
      { row: richer },
      { row: good.row.subarray(1) },
      { row: new Uint8Array() },
      { index: 0 },
      { index: 2 ** 40 },
      { table: 'sessions' },
      { table: 'toString' },
      { path: good.path.slice(1) },
      { path: [...good.path, new Uint8Array(32)] },
      { path: good.path.with(0, headerRoot) },
      { path: good.path.toReversed() },
    ];
    for (const change of tampered) {
      expect(reasonsOf({ ...good, ...change })).toEqual([expect.stringContaining('Merkle path does not lead')]);
    }
  });

  it('refuses every proof in which one byte of row or path is another', () => {
    const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
    for (const at of good.row.keys()) expect(reasonsOf({ ...good, row: flipped(good.row, at) })).toHaveLength(1);
    for (const [step, sibling] of good.path.entries()) {
      expect(reasonsOf({ ...good, path: good.path.with(step, flipped(sibling, step % 32)) })).toHaveLength(1);
    }
  });

  it('refuses a good proof of something else', () => {
    const questions: ProofQuestion[] = [
      { kind: 'account', id: 'assay1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq' },
      { kind: 'session', id: '1' },
      { kind: 'task', id: question.id },
    ];
    for (const other of questions) {
      expect(verifyProof(good, { root, question: other }).reasons).toEqual([expect.stringContaining('another row')]);
    }
    const neighbour = verifyProof(proofOf('accounts', 2), { root, question });
    expect(neighbour.reasons).toEqual([expect.stringContaining('about another row')]);
  });

  it('names what is wrong with a file that is no proof', () => {
    expect(() => rowProofFromJson({ table: 'accounts' })).toThrow(/not a proof/);
    expect(() => rowProofFromJson(null)).toThrow(/not a proof/);
  });
});
