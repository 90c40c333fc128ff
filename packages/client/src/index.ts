/**
 * The reader of Assay, for browsers and scripts alike: a verb for each route of `api/routes.ts`, those that do more in
 * `actions/`, and the offline check of a receipt in `receipt/`. It believes nothing a node says that it can check
 * itself, and uses nothing but `fetch`.
 */
export type { PageOptions } from './actions/page-options.ts';
export * from './api/audit-numbers.ts';
export * from './api/committee.ts';
export * from './api/condition.ts';
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
export * from './format-units.ts';
export * from './proof/row-proof.ts';
export * from './proof/verify-proof.ts';
export * from './receipt/portable-receipt.ts';
export * from './receipt/trust.ts';
export * from './receipt/verify-receipt.ts';
