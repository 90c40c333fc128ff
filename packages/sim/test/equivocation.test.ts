import { batchSigningRoot, committeeOf, revealSigningRoot } from '@assay/ledger';
import { signTransaction } from '@assay/node/consensus/sign';
import { names } from '@assay/node/devnet/genesis';
import { BitArray, type BodyValues, batchRoots } from '@assay/protocol';
import { contentsOf } from '@assay/roles/mixer/index';
import { describe, expect, it } from 'vitest';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

const feeUnits = 1_000_000_000n;

/** An empty batch of a turn of a mixer, which it alone signed. */
function batchOf(net: World, mixer: number, turn: { epoch: number; sequence: number }): BodyValues['certifiedBatch'] {
  const state = net.chain.head();
  const signer = net.keys.committee(names.mixer(mixer));
  const reveal = signer.sign(revealSigningRoot(state.chain, turn));
  const contents = contentsOf([]);
  const roots = batchRoots(contents);
  const header = { ...turn, mixer, ...roots, receiptsRoot: new Uint8Array(32).fill(1), reveal };
  const signature = signer.sign(batchSigningRoot(state.chain, header));
  const signers = BitArray.fromBoolArray(committeeOf(state, turn.epoch).map((seat) => seat.mixer === mixer));
  return { certificate: { header, signers, signature }, ...contents };
}

/** Gives the chain a batch in a mixer's name; the code it is refused with. */
async function submit(net: World, mixer: number, batch: BodyValues['certifiedBatch']): Promise<string> {
  const signer = net.keys.account(names.mixer(mixer));
  const nonce = net.chain.head().nonceOf(signer.address);
  const envelope = { nonce, validUntil: net.chain.head().globals.height + 8, feeUnits: 0n };
  const chain = net.chain.identity;
  return (await net.chain.submit(signTransaction({ signer, chain }, ['certifiedBatch', batch], envelope))).code;
}

/** Gives the validators something to pay fees with. */
async function fund(net: World): Promise<void> {
  for (const validator of [0, 1, 2]) {
    const to = net.keys.account(names.validator(validator)).address;
    expect(await net.send(names.payer, 'transfer', { to, amountUnits: feeUnits })).toBe('OK');
  }
}

/** What the validators send of offences is counted. */
async function start({ isFunded }: { readonly isFunded: boolean } = { isFunded: true }) {
  const net = await startWorld({ miners: 1, params: { epochBlocks: 4096 } });
  if (isFunded) await fund(net);
  let sent = 0;
  net.chain.onBlock(({ result }) => {
    sent += result.transactions.filter(({ kind }) => kind === 'evidence').length;
  });
  await net.until(() => net.chain.head().mixers.at(3).nextSequence > 1);
  return { net, sent: () => sent };
}

/** The newest turn of a mixer that a block took. */
const takenTurn = (net: World, mixer: number) => {
  const { globals, mixers } = net.chain.head();
  return { epoch: globals.epoch, sequence: mixers.at(mixer).nextSequence - 1 };
};
const casesOf = (net: World) => [...net.chain.head().cases].map(({ cause, kind, role }) => ({ cause, kind, role }));

describe('a mixer that signs two batches of one turn (§7.4.6)', () => {
  it('has a case against it, which the validators bring by themselves, once', async () => {
    const { net, sent } = await start();
    const stakeUnits = net.chain.head().mixers.at(3).stakeUnits;
    expect(await submit(net, 3, batchOf(net, 3, takenTurn(net, 3)))).not.toBe('OK');
    await net.until(() => casesOf(net).length > 0);
    await net.blocks(24);
    expect(casesOf(net)).toEqual([{ cause: 'equivocation', kind: 'mixer', role: 3 }]);
    expect(sent()).toBe(1);
    expect(net.chain.head().mixers.at(3).stakeUnits).toBeLessThan(stakeUnits);
  });

  it('has it as soon as a validator can pay for what it brings', async () => {
    const { net } = await start({ isFunded: false });
    expect(await submit(net, 3, batchOf(net, 3, takenTurn(net, 3)))).not.toBe('OK');
    await net.blocks(48);
    expect(casesOf(net)).toEqual([]);
    await fund(net);
    await net.until(() => casesOf(net).length > 0);
    expect(casesOf(net)).toEqual([{ cause: 'equivocation', kind: 'mixer', role: 3 }]);
    const told = net.trace.said.filter((line) => line.includes('CANNOT_PAY_FEE'));
    expect(told).toHaveLength(3);
  });

  it('has none for a second batch that somebody else made up', async () => {
    const { net, sent } = await start();
    const own = batchOf(net, 3, takenTurn(net, 3));
    const root = batchSigningRoot(net.chain.identity, own.certificate.header);
    const signature = net.keys.committee(names.mixer(2)).sign(root);
    expect(await submit(net, 3, { ...own, certificate: { ...own.certificate, signature } })).not.toBe('OK');
    await net.blocks(24);
    expect([casesOf(net), sent()]).toEqual([[], 0]);
  });
});
