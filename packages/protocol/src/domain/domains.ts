import { Bool, enumOf, StructListType, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import { Address, Height, listOfAddresses, Name, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import { Components } from '../params/parameters.ts';
import { ref } from '../refs.ts';

/** Whose miners a domain takes: anybody's, or those its owner admitted. */
export const Admission = enumOf('open', 'listed');

const terms = {
  /** Parts of every price, basis points; royalty and miner get the rest (economics §2.1). */
  burnBps: U16,
  processorsBps: U16,
  validatorsBps: U16,
  domainBps: U16,
  /** Paid to the owner for each miner and model. */
  registrationFeeUnits: Units,
  minCollateralUnits: Units,
  /** Weights of the competition among its miners; those of the network while it is empty. */
  components: new StructListType(Components, 1),
  admission: Admission,
  /** Lowest level that is drawn for its users' tasks; that of the network where it is higher. */
  userLevel: U8,
  inferenceOnly: Bool,
  /** Whether each of its miners gets no more of the emission than for what its own tasks burned (economics §7.4). */
  washGuard: Bool,
};

/** What a domain's owner decides (B1). */
export const DomainTerms = new StructType(terms, { typeName: 'DomainTerms' });
export type DomainTerms = ValueOf<typeof DomainTerms>;

/** A market with terms of its own (§4.1). */
export const GenesisDomain = new StructType({ name: Name, owner: Address, ...terms }, { typeName: 'GenesisDomain' });

/** Terms that hold from an epoch on, and the block that set them; 0 is the genesis. */
export const DatedTerms = new StructType({ fromEpoch: U32, height: Height, ...terms }, { typeName: 'DatedTerms' });
export type DatedTerms = ValueOf<typeof DatedTerms>;

export const DomainRow = new StructType(
  {
    name: Name,
    owner: Address,
    /** The last of them whose epoch has come hold; one may be still to come. */
    terms: new StructListType(DatedTerms, limits.maxDatedTerms),
    /** Admitted operators that have not registered yet. */
    admitted: listOfAddresses(limits.maxAdmitted),
  },
  { typeName: 'DomainRow' },
);
export type DomainRow = ValueOf<typeof DomainRow>;

/** Makes the sender the owner of a new domain (§4.8). */
export const CreateDomain = new StructType({ name: Name, terms: DomainTerms }, { typeName: 'CreateDomain' });

/** Sets the terms of the sender's domain, after notice (§4.9). */
export const UpdateDomain = new StructType(
  { domain: ref('domains'), terms: DomainTerms },
  { typeName: 'UpdateDomain' },
);

/** Admits an operator to the sender's domain, once, or takes that back (§4.10). */
export const AdmitMiner = new StructType(
  { domain: ref('domains'), operator: Address, isAdmitted: Bool },
  { typeName: 'AdmitMiner' },
);
