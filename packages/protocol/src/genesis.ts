import { Bytes32, StructType, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { GenesisDomain } from './domain/domains.ts';
import { Address, BlsPublicKey, BlsSignature, Ed25519Signature, Name, TimeMs, Units } from './encoding.ts';
import { limits } from './limits.ts';
import { NoiseProfile } from './model/profiles.ts';
import { Params } from './params/parameters.ts';
import { ref } from './refs.ts';

export const GenesisAccount = new StructType({ address: Address, balanceUnits: Units }, { typeName: 'GenesisAccount' });

/** A committee member: mixers sign certificates and beacon reveals with the BLS key (§1.2). */
export const GenesisMixer = new StructType(
  { publicKey: Bytes32, blsPublicKey: BlsPublicKey, possession: BlsSignature, stakeUnits: Units },
  { typeName: 'GenesisMixer' },
);

/** An oracle or gateway; `operator` is who runs it (§10.2). */
export const GenesisRole = new StructType(
  { publicKey: Bytes32, operator: Address, stakeUnits: Units },
  { typeName: 'GenesisRole' },
);

/** A validator; `operator` is who runs it, `consensusKey` what it signs blocks with (§3.10). */
export const GenesisValidator = new StructType(
  { ...GenesisRole.fields, consensusKey: Bytes32, possession: Ed25519Signature },
  { typeName: 'GenesisValidator' },
);

/** A registered model (§4.2): its file, what it costs, when its auditors call a difference a failure. */
export const GenesisModel = new StructType(
  {
    name: Name,
    domain: ref('domains'),
    creator: Address,
    royaltyBps: U16,
    /** SHA-256 of the model file. */
    fileHash: Bytes32,
    /** Root of its manifest (§4.15); zero where none is published. */
    manifestRoot: Bytes32,
    contextTokens: U32,
    priceInUnits: Units,
    priceOutUnits: Units,
    /** Parts per million. */
    difficultyPpm: U32,
    /** Honest limit of T1, parts per billion; above three times this a failure is hard (verification §2). */
    t1ThresholdPpb: U32,
  },
  { typeName: 'GenesisModel' },
);

export const Genesis = new ContainerType(
  {
    chainId: Name,
    timeMs: TimeMs,
    params: Params,
    accounts: new ListCompositeType(GenesisAccount, limits.maxTableRows),
    mixers: new ListCompositeType(GenesisMixer, limits.maxMixers),
    oracles: new ListCompositeType(GenesisRole, limits.maxTableRows),
    validators: new ListCompositeType(GenesisValidator, limits.maxTableRows),
    gateways: new ListCompositeType(GenesisRole, limits.maxTableRows),
    domains: new ListCompositeType(GenesisDomain, limits.maxTableRows),
    models: new ListCompositeType(GenesisModel, limits.maxTableRows),
    profiles: new ListCompositeType(NoiseProfile, limits.maxTableRows),
  },
  { typeName: 'Genesis' },
);
export type Genesis = ValueOf<typeof Genesis>;
