/**
 * The reader of Assay, for browsers and scripts alike: a verb for each route of `api/routes.ts`, those that do more in
 * `actions/`, and the offline check of a receipt in `receipt/`. It believes nothing a node says that it can check
 * itself, and uses nothing but `fetch`.
 */
export type { PageOptions } from './actions/pageOptions.ts';
export * from './api/audit-numbers.ts';
export * from './api/committee.ts';
export * from './api/domains.ts';
export * from './api/genesis.ts';
export * from './api/local.ts';
export * from './api/models.ts';
export * from './api/proof.ts';
export * from './api/receipt.ts';
export * from './api/routes.ts';
export type { JsonOf } from './api/schema-of.ts';
export * from './api/schemas.ts';
export * from './client.ts';
export * from './errors.ts';
export * from './formatUnits.ts';
export * from './proof/rowProof.ts';
export * from './proof/verifyProof.ts';
export * from './receipt/portableReceipt.ts';
export * from './receipt/trust.ts';
export * from './receipt/verifyReceipt.ts';
