import {
  Bool,
  Bytes32,
  bytesOf,
  enumOf,
  equalBytes,
  listOfU32,
  littleEndian,
  StructType,
  sha256,
  U16,
  U32,
  type ValueOf,
  vectorOfU32,
} from '@assay/ssz';
import { ContainerType, ListBasicType, ListCompositeType } from '@chainsafe/ssz';
import { Count, Ed25519Signature, Name } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref } from '../refs.ts';

/** Why generation ended. */
export const FinishReason = enumOf('stop', 'length', 'cancelled');

/** Sampling as executed; ratios in millionths. Temperature 0 is greedy. */
export const Sampling = new StructType(
  { temperatureMicro: U32, topPMicro: U32, topK: U32, minPMicro: U32, seed: U32 },
  { typeName: 'Sampling' },
);
export type Sampling = ValueOf<typeof Sampling>;

/**
 * How tokens are drawn: by the seed (verification §1.3), so that anybody can repeat it; or by a server's own chance,
 * with cuts before or after the temperature (verification §3.1).
 */
export const Sampler = enumOf('seeded', 'cutsFirst', 'temperatureFirst');
export type Sampler = ValueOf<typeof Sampler>;

/** Engine facts that move numbers. Of two engines with equal facts one repeats the other (verification §2.4). */
export const EngineInfo = new StructType(
  {
    name: Name,
    build: Name,
    /** Device and kernels. */
    backend: Name,
    attention: Name,
    kvType: Name,
    /** Quantisation of the weights where it is not that of the registered file; `file` where it is. */
    weights: Name,
    sampler: Sampler,
    tensorParallel: U16,
    /** Whether other requests of a batch move no number. */
    batchInvariant: Bool,
    /** Whether earlier requests with the same beginning are computed from. */
    prefixCache: Bool,
  },
  { typeName: 'EngineInfo' },
);
export type EngineInfo = ValueOf<typeof EngineInfo>;

/** −ln(probability) in millionths, capped at 2^32 − 1. */
export const NegLogProb = U32;

const topWidth = limits.topLogprobs;
/** Marks an unused entry among the alternatives of a position. */
export const noToken = 0xffff_ffff;
/** The alternatives at one position, most likely first. Unused entries hold `noToken`. */
export const TopLogprobs = new StructType(
  { ids: vectorOfU32(topWidth), negLogprobs: vectorOfU32(topWidth) },
  { typeName: 'TopLogprobs' },
);
export type TopLogprobs = ValueOf<typeof TopLogprobs>;

/** 32 tokens: one leaf of the artifact, so an auditor can fetch a part (verification §1). */
export const ArtifactWindow = new ContainerType(
  {
    ids: listOfU32(limits.windowTokens),
    chosenNegLogprobs: new ListBasicType(NegLogProb, limits.windowTokens),
    top: new ListCompositeType(TopLogprobs, limits.windowTokens),
  },
  { typeName: 'ArtifactWindow' },
);

/** All a checker needs to re-check a task (verification §1). */
export const Artifact = new ContainerType(
  {
    version: U16,
    taskId: Bytes32,
    miner: ref('miners'),
    /** SHA-256 of the registered model file the miner claims to have used. */
    fileHash: Bytes32,
    engine: EngineInfo,
    contextTokens: U32,
    promptIds: listOfU32(limits.maxTokens),
    windows: new ListCompositeType(ArtifactWindow, limits.maxWindows),
    sampling: Sampling,
    finish: FinishReason,
    /** As the engine counted them; with token ids, their number. */
    tokensIn: U32,
    tokensOut: U32,
    /** The text given to the client: a prefix of the output's detokenisation, cut at a stop sequence. */
    text: bytesOf(limits.maxOutputBytes),
    firstTokenMs: U32,
    totalMs: U32,
    /** Random, or the `sealOf` a salt where the numbers are wrong on purpose (verification §1.7). */
    seal: Bytes32,
  },
  { typeName: 'Artifact' },
);
export type Artifact = ValueOf<typeof Artifact>;
export const artifactVersion = 3;

/** Hidden until revealed: the `precommitHash`, with the task it is for (§5 Precommit). */
export const Precommit = new StructType(
  { taskId: Bytes32, miner: ref('miners'), hash: Bytes32 },
  { typeName: 'Precommit' },
);

/**
 * What a miner signs when it opens a precommit: all that the hash is of, and the epoch it signs in. Where these do not
 * hash to it, the two signatures convict the miner (§7.4.7).
 */
export const PrecommitOpening = new StructType(
  {
    precommit: Precommit,
    artifactRoot: Bytes32,
    salt: Bytes32,
    requestHash: Bytes32,
    model: ref('models'),
    epoch: U32,
  },
  { typeName: 'PrecommitOpening' },
);
export type PrecommitOpening = ValueOf<typeof PrecommitOpening>;

/** Whether an opening is what its precommit is the hash of. */
export const opens = ({ precommit, ...of }: PrecommitOpening): boolean => equalBytes(precommitHash(of), precommit.hash);

/**
 * What a miner signs of an artifact: SHA-256(artifact root ‖ salt ‖ request hash ‖ model), of the request and the model
 * as it was given them. A receipt for others does not verify (§5.1).
 */
export function precommitHash(of: {
  artifactRoot: Uint8Array;
  salt: Uint8Array;
  requestHash: Uint8Array;
  model: number;
}): Uint8Array {
  return sha256(of.artifactRoot, of.salt, of.requestHash, littleEndian(of.model, 4));
}

/** Signed by the miner every 32 tokens: binds the stream to the artifact (§5.5). */
export const StreamCheckpoint = new StructType(
  { taskId: Bytes32, tokens: Count, chain: Bytes32 },
  { typeName: 'StreamCheckpoint' },
);

/** An artifact opened to the mixer (§5 Commit). */
export const Reveal = new ContainerType(
  { artifact: Artifact, salt: Bytes32, precommitSignature: Ed25519Signature },
  { typeName: 'Reveal' },
);

/** The output token ids of an artifact, in order. */
export function outputIds(artifact: Pick<Artifact, 'windows'>): number[] {
  return artifact.windows.flatMap((window) => window.ids);
}
