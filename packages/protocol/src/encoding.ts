import { BigUintType, BytesType, byValue, ShortBytesType, textOf, UintType } from '@assay/ssz';
import { ListBasicType, ListCompositeType } from '@chainsafe/ssz';
import { addressText, parseAddress } from './address.ts';
import { limits } from './limits.ts';

/** A 20-byte address; in JSON `assay1…`. */
class AddressType extends ShortBytesType {
  override fromJson(json: unknown): Uint8Array {
    const address = typeof json === 'string' ? parseAddress(json) : null;
    if (address === null) throw new Error(`${JSON.stringify(json)} is not an address (assay1…)`);
    return address;
  }
  override toJson(value: Uint8Array): string {
    return addressText(value);
  }
}

/** Height of a block, or a height to come (§2.11). */
export const Height = new UintType(8, limits.maxHeight);
/** Unix time or a span of it, milliseconds. */
export const TimeMs = new UintType(8, limits.maxTimeMs);
/** How many there were of something that only grows. */
export const Count = new UintType(8, limits.maxCount);
/** An amount of money, base units. */
export const Units = new BigUintType('an amount in base units');
/**
 * A number that may grow beyond 2^53 and is no money: work (VWU), a weight, tokens, bytes or milliseconds added up. The
 * name of its field says of what.
 */
export const Quantity = new BigUintType('a quantity');
export const Address = new AddressType(20);
export const BlsPublicKey = new BytesType(48);
export const BlsSignature = new BytesType(96);
export const Ed25519Signature = new BytesType(64);
export const Name = textOf(limits.maxNameBytes);
/** A list of at most `limit` quantities. */
export const listOfQuantities = (limit: number) => byValue(new ListBasicType(Quantity, limit));
/** A list of at most `limit` addresses. */
export const listOfAddresses = (limit: number) => byValue(new ListCompositeType(Address, limit));
/** Where a machine is reached in the network; the ledger knows no more of it than §3.11. */
export const NetAddress = textOf(limits.maxNetAddressBytes);
export const NetAddresses = byValue(new ListCompositeType(NetAddress, limits.maxNetAddresses));
