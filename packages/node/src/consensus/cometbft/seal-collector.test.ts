import { sealProblem } from '@assay/ledger';
import {
  type CometSeal,
  canonicalVoteBytes,
  cometAddress,
  cometChainId,
  cometHeaderHash,
  headerOf,
  Seal,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { expect, it, onTestFinished } from 'vitest';
import type { Ed25519Signer } from '../../crypto/signers.ts';
import { nativeVerifier } from '../../crypto/verifier.ts';
import { newDirectory } from '../../store/directory.fixture.ts';
import { openStore } from '../../store/store.ts';
import { Application } from '../application.ts';
import { signerOf, testChain, transferOf } from '../chain.fixture.ts';
import { signTransaction } from '../sign.ts';
import { SealCollector } from './seal-collector.ts';

const chain = testChain({ makers: 4 });
const chainId = cometChainId(chain.identity);
const bytes = (byte: number) => new Uint8Array(32).fill(byte);

/** What CometBFT says of a height, signed by these. */
function commitOf(height: number, appHash: Uint8Array, signers: readonly Ed25519Signer[]): object {
  const header: CometSeal['header'] = {
    versionBlock: 11,
    versionApp: 1,
    chainId,
    height,
    seconds: 1_800_000_000,
    nanos: 0,
    appHash,
    lastBlockId: { hash: bytes(3), partsTotal: 1, partsHash: bytes(4) },
    lastCommitHash: bytes(5),
    dataHash: bytes(6),
    validatorsHash: bytes(7),
    nextValidatorsHash: bytes(7),
    consensusHash: bytes(8),
    lastResultsHash: bytes(9),
    evidenceHash: bytes(10),
    proposerAddress: bytes(11).slice(12),
  };
  const hash = cometHeaderHash(header);
  const blockId = { hash, partsTotal: 1, partsHash: bytes(12) };
  const hex = (value: Uint8Array) => toHex(value).toUpperCase();
  const time = new Date(header.seconds * 1000).toISOString();
  const signatures = signers.map((signer) => {
    const vote = { kind: 'precommit', height, round: 0, blockId, seconds: header.seconds, nanos: 0 } as const;
    const signature = Buffer.from(signer.sign(canonicalVoteBytes(vote, chainId))).toString('base64');
    const validator_address = hex(cometAddress(signer.publicKey));
    return { block_id_flag: 2, validator_address, timestamp: time, signature };
  });
  const { lastBlockId: last } = header;
  return {
    signed_header: {
      header: {
        version: { block: '11', app: '1' },
        chain_id: chainId,
        height: String(height),
        time,
        last_block_id: { hash: hex(last.hash), parts: { total: 1, hash: hex(last.partsHash) } },
        last_commit_hash: hex(header.lastCommitHash),
        data_hash: hex(header.dataHash),
        validators_hash: hex(header.validatorsHash),
        next_validators_hash: hex(header.nextValidatorsHash),
        consensus_hash: hex(header.consensusHash),
        app_hash: hex(appHash),
        last_results_hash: hex(header.lastResultsHash),
        evidence_hash: hex(header.evidenceHash),
        proposer_address: hex(header.proposerAddress),
      },
      commit: {
        round: 0,
        block_id: { hash: hex(hash), parts: { total: 1, hash: hex(blockId.partsHash) } },
        signatures,
      },
    },
  };
}

it('keeps whole seals after a restart at the end of an epoch in which a key was rotated (§18.10)', async () => {
  const store = await openStore({ dir: await newDirectory(), genesisHash: chain.hash });
  onTestFinished(() => store.close());
  const application = await Application.restore({ store, genesis: chain.genesis, onFatal: () => {} });
  const [rich] = chain.accounts;
  const owner = chain.validators[1];
  if (rich === undefined || owner === undefined) throw new Error('there are none');
  const next = signerOf('next consensus');
  const body = { validator: 1, consensusKey: next.publicKey, possession: next.consensusPossession(owner.address) };
  const feeUnits = application.head().params.transactionFeeUnits;
  const envelope = { nonce: 0, validUntil: 1000, feeUnits };
  const rotation = signTransaction({ signer: owner, chain: chain.identity }, ['rotateConsensusKey', body], envelope);
  const funding = transferOf(chain, { from: rich, to: owner.address, nonce: 0, amountUnits: feeUnits });
  const views = [application.head()];
  const roots = [application.headRoot];
  for (let height = 1; height <= 8; height++) {
    application.apply({
      height,
      timeMs: 1_800_000_000_000 + height,
      transactions: height === 1 ? [funding, rotation] : [],
    });
    const { block, root } = await application.commit(null);
    expect(block.header.height).toBe(height);
    views.push(application.head());
    roots.push(root);
  }
  expect(application.head().validators.at(1).consensusKey).toEqual(next.publicKey);

  const old = chain.sealers.slice(0, 3);
  const commitAt = async (height: number) => commitOf(height, roots[height - 1] ?? new Uint8Array(), old);
  const lines: string[] = [];
  const collector = new SealCollector({ application, base: () => 0, commitAt, runtime: { log: (l) => lines.push(l) } });
  collector.follow();
  await collector.settled();
  expect(lines).toEqual([]);
  for (let height = 1; height <= 7; height++) {
    const seal = Seal.deserialize(store.sealAt(height) ?? new Uint8Array());
    const header = headerOf(store.blockAt(height) ?? new Uint8Array());
    const before = views[height - 1];
    if (before === undefined) throw new Error('there is no state');
    expect(sealProblem(before, { header, seal }, { verifier: nativeVerifier, quorum: 'twoThirds' })).toBeNull();
  }
});
