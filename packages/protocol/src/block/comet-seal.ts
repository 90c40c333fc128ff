import { Bytes32, BytesType, StructType, textOf, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { Count, Ed25519Signature, Height } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref } from '../refs.ts';

const BlockId = new StructType({ hash: Bytes32, partsTotal: U32, partsHash: Bytes32 }, { typeName: 'CometBlockId' });

/** CometBFT's header of the height after a block (§18.10); its app hash is the root of that block's header. */
const SealHeader = new ContainerType(
  {
    versionBlock: U32,
    versionApp: U32,
    chainId: textOf(50),
    height: Height,
    seconds: Count,
    nanos: U32,
    lastBlockId: BlockId,
    lastCommitHash: Bytes32,
    dataHash: Bytes32,
    validatorsHash: Bytes32,
    nextValidatorsHash: Bytes32,
    consensusHash: Bytes32,
    appHash: Bytes32,
    lastResultsHash: Bytes32,
    evidenceHash: Bytes32,
    proposerAddress: new BytesType(20),
  },
  { typeName: 'CometHeader' },
);

/** A precommit for that header. */
const Precommit = new StructType(
  { validator: ref('validators'), seconds: Count, nanos: U32, signature: Ed25519Signature },
  { typeName: 'CometPrecommit' },
);

/** What CometBFT's validators signed of the height after a block (§18.10). */
export const CometSeal = new ContainerType(
  {
    header: SealHeader,
    round: U32,
    partsTotal: U32,
    partsHash: Bytes32,
    /** By validator, rising. */
    precommits: new ListCompositeType(Precommit, limits.maxSealSignatures),
  },
  { typeName: 'CometSeal' },
);
export type CometSeal = ValueOf<typeof CometSeal>;
