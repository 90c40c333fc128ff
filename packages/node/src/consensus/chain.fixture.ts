import { genesisHash } from '@assay/ledger';
import type { ChainIdentity, Genesis } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import { encodeText, equalBytes, sha256 } from '@assay/ssz';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '../crypto/signers.ts';
import { devnetParams } from '../devnet/genesis.ts';
import { realRuntime } from '../runtime/real.ts';
import { openStore, type Store } from '../store/store.ts';
import { EmbeddedEngine, type EmbeddedOptions } from './embedded.ts';
import { signTransaction } from './sign.ts';

/** The key of a name; the same in every run. */
export const signerOf = (name: string): Ed25519Signer => new Ed25519Signer(sha256(encodeText(name)));

export interface TestChain {
  readonly genesis: Genesis;
  readonly hash: Uint8Array;
  readonly identity: ChainIdentity;
  readonly validators: readonly Ed25519Signer[];
  /** Their consensus keys. */
  readonly sealers: readonly Ed25519Signer[];
  /** Holders of a balance each. */
  readonly accounts: readonly Ed25519Signer[];
}

export const startBalanceUnits = 1_000_000_000_000n;

/** A chain of `makers` validators and some funded accounts, and nothing else. */
export function testChain({
  accounts = 4,
  makers = 3,
  /** Of each validator; 1 when absent. */
  stakes = [] as readonly bigint[],
  /** Accounts whose keys nobody has, besides `accounts`. */
  strangers = 0,
  epochBlocks = 8,
  blockTimeMs = 20,
  chainId = 'test',
} = {}): TestChain {
  const holders = Array.from({ length: accounts }, (_, i) => signerOf(`account ${i}`));
  const validators = Array.from({ length: makers }, (_, i) => signerOf(`validator ${i}`));
  const sealers = Array.from({ length: makers }, (_, i) => signerOf(`consensus ${i}`));
  const addresses = Array.from({ length: strangers }, (_, i) => sha256(encodeText(`stranger ${i}`)).slice(0, 20));
  const mixer = signerOf('mixer');
  const committee = new BlsSigner(generateBlsSecret(sha256(encodeText('mixer'))));
  const genesis: Genesis = {
    chainId,
    timeMs: 1_700_000_000_000,
    params: { ...devnetParams, epochBlocks, blockTimeMs },
    accounts: [...holders.map(({ address }) => address), ...addresses].map((address) => {
      return { address, balanceUnits: startBalanceUnits };
    }),
    mixers: [
      {
        publicKey: mixer.publicKey,
        blsPublicKey: committee.publicKey,
        possession: committee.possession(),
        stakeUnits: 1n,
      },
    ],
    oracles: [],
    profiles: [],
    validators: validators.map(({ publicKey, address }, i) => {
      const consensus = sealers[i] as Ed25519Signer;
      const possession = consensus.consensusPossession(address);
      return {
        publicKey,
        operator: address,
        stakeUnits: stakes[i] ?? 1n,
        consensusKey: consensus.publicKey,
        possession,
      };
    }),
    gateways: [],
    domains: [],
    models: [],
  };
  const hash = genesisHash(genesis);
  return { genesis, hash, identity: { chainId, genesisHash: hash }, validators, sealers, accounts: holders };
}

export interface TransferFields {
  readonly from: Ed25519Signer;
  readonly to: Uint8Array;
  readonly nonce: number;
  readonly amountUnits?: bigint;
  readonly feeUnits?: bigint;
  readonly validUntil?: number;
}

/** A signed transfer. */
export function transferOf({ identity }: TestChain, fields: TransferFields): Uint8Array {
  const { from, to, nonce, amountUnits = 1n, feeUnits = devnetParams.transactionFeeUnits, validUntil = 1000 } = fields;
  const envelope = { nonce, validUntil, feeUnits };
  return signTransaction({ signer: from, chain: identity }, ['transfer', { to, amountUnits }], envelope);
}

/** Whether a settlement goes on with the next block (§2.7). */
export function isSettling(chain: Pick<Chain, 'head'>): boolean {
  const { globals } = chain.head();
  return globals.settledEpochs !== globals.epoch;
}

/** Engine and store of a directory. */
export async function openTestEngine(
  chain: TestChain,
  dir: string,
  { nowMs = Date.now, ...options }: Partial<EmbeddedOptions> & { readonly nowMs?: () => number } = {},
): Promise<{ store: Store; engine: EmbeddedEngine; close: () => Promise<void> }> {
  const store = await openStore({ dir, genesisHash: chain.hash });
  const { genesis, sealers } = chain;
  const onFatal = () => {};
  const runtime = { ...realRuntime(() => {}), nowMs };
  const signerOf = (publicKey: Uint8Array) => sealers.find((signer) => equalBytes(signer.publicKey, publicKey)) ?? null;
  const engine = await EmbeddedEngine.open({ store, genesis, signerOf, runtime, onFatal, ...options });
  const close = async () => {
    await engine.stop();
    await store.close();
  };
  return { store, engine, close };
}
