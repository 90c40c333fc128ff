import { batchSigningRoot, certificateCode, Ledger, revealSigningRoot } from '@assay/ledger';
import { BatchRecords, BitArray, type BodyValues, batchRoots, limits } from '@assay/protocol';
import { encodeText, sha256 } from '@assay/ssz';
import { fastAggregateVerify, PublicKey, Signature } from '@chainsafe/blst';
import { type Bench, type Row, secondsOf } from '../../../../bench/bench.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '../crypto/signers.ts';
import { aggregateBls, nativeVerifier } from '../crypto/verifier.ts';
import { devnetGenesis } from '../devnet/genesis.ts';

const sizes = [4, 16, 64, limits.maxMixers];
const rounds = 60;

const account = (name: string) => new Ed25519Signer(sha256(encodeText(name)));
const committee = (name: string) => new BlsSigner(generateBlsSecret(sha256(encodeText(name))));

function ledgerOf(members: readonly BlsSigner[]): Ledger {
  const model = {
    name: 'model',
    fileHash: sha256(encodeText('model')),
    contextTokens: 2048,
    t1ThresholdPpb: 35_000_000,
  };
  const made = devnetGenesis({ account, committee }, { model, miners: 0, timeMs: 1_700_000_000_000 });
  const [first] = made.mixers;
  if (first === undefined) throw new Error('the default network has no mixer');
  const mixers = members.map((member, i) => ({
    ...first,
    publicKey: account(`mixer ${i}`).publicKey,
    blsPublicKey: member.publicKey,
    possession: member.possession(),
  }));
  return Ledger.fromGenesis({ ...made, mixers });
}

/** An empty batch of the first mixer that all have signed: nothing but the certificate costs anything. */
function signedBy(members: readonly BlsSigner[], { state }: Ledger): BodyValues['certifiedBatch'] {
  const reveal = members[0]?.sign(revealSigningRoot(state.chain, { epoch: 0, sequence: 0 })) ?? new Uint8Array();
  const contents = { receipts: [], records: BatchRecords.defaultValue() };
  const header = { epoch: 0, mixer: 0, sequence: 0, ...batchRoots(contents), reveal };
  const root = batchSigningRoot(state.chain, header);
  const signature = aggregateBls(members.map((member) => member.sign(root))) ?? new Uint8Array();
  const signers = BitArray.fromBoolArray(members.map(() => true));
  return { certificate: { header, signers, signature }, ...contents };
}

async function compare(count: number): Promise<Row[]> {
  const members = Array.from({ length: count }, (_, i) => committee(`mixer ${i}`));
  const ledger = ledgerOf(members);
  const { state } = ledger;
  const batch = signedBy(members, ledger);
  const { header, signature } = batch.certificate;
  const points = members.map((member) => PublicKey.fromBytes(member.publicKey, true));
  const [root, revealed] = [batchSigningRoot(state.chain, header), revealSigningRoot(state.chain, header)];
  const check = () => certificateCode(state, batch, { height: 1, verifier: nativeVerifier }) === 'OK';
  const raw = () =>
    fastAggregateVerify(revealed, points.slice(0, 1), Signature.fromBytes(header.reveal, true, true)) &&
    fastAggregateVerify(root, points, Signature.fromBytes(signature, true, true));
  if (!check() || !raw()) throw new Error('the certificate does not hold');
  const seconds = { ours: 0, theirs: 0 };
  for (let round = 0; round < rounds; round++) {
    seconds.ours += await secondsOf(check);
    seconds.theirs += await secondsOf(raw);
  }
  const msOf = (total: number) => (1000 * total) / rounds;
  const ratio = `${(seconds.ours / seconds.theirs).toFixed(2)} × blst`;
  return [
    { who: `Assay ledger, ${count} signers`, value: msOf(seconds.ours), note: `every rule of a certificate; ${ratio}` },
    { who: `blst, ${count} signers`, value: msOf(seconds.theirs), note: 'the same two signatures, keys parsed before' },
  ];
}

export const bench: Bench = {
  id: 11,
  title: `Checking a certificate and its reveal; ${sizes.join(', ')} signers`,
  unit: 'ms',
  target: 'at most 1.2 × raw blst',
  compared: false,
  async run(say) {
    useNativeHasher();
    const rows: Row[] = [];
    for (const count of sizes) {
      say(`${count} signers`);
      rows.push(...(await compare(count)));
    }
    return rows;
  },
};
