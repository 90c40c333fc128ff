import { z } from 'zod';

/**
 * The scalars of the node API. Amounts, in base units, and large quantities are decimal strings, addresses
 * `assay1…`, bytes lower-case hexadecimal with `0x`: the JSON form of the protocol's own types.
 */
export const count = z.int().min(0);
export const bps = z.int().min(0).max(10_000);
export const ppb = z.int().min(0);
export const units = z.string().regex(/^\d+$/).describe('An amount in base units, in decimal digits.');
export const quantity = z.string().regex(/^\d+$/).describe('A whole number in decimal digits; no amount of money.');
export const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/);
export const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/);
export const address = z.string().regex(/^assay1[02-9ac-hj-np-z]+$/);
export const blsPublicKey = z.string().regex(/^0x[0-9a-f]{96}$/);
export const signature64 = z.string().regex(/^0x[0-9a-f]{128}$/);
export const signature96 = z.string().regex(/^0x[0-9a-f]{192}$/);
export const code = z.string().regex(/^[A-Z][A-Z_]*$/);
