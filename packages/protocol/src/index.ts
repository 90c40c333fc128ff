/**
 * The nouns of Assay: encodings, identities, signing domains, limits, result codes. Nothing here decides anything;
 * what is signed, hashed or kept in state is described here once, so that ledger, node, client and any other
 * implementation agree to the byte.
 */
export * from './address.ts';
export * from './artifact.ts';
export * from './audit-numbers.ts';
export * from './block.ts';
export * from './cases.ts';
export * from './chunk-tree.ts';
export * from './codes.ts';
export * from './domains.ts';
export * from './encoding.ts';
export * from './enum-of.ts';
export * from './epoch-close.ts';
export * from './events.ts';
export * from './genesis.ts';
export * from './governance.ts';
export * from './hash.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './models.ts';
export * from './one-of.ts';
export * from './parameter.ts';
export * from './parameter-values.ts';
export * from './parameters.ts';
export * from './payouts.ts';
export * from './plants.ts';
export * from './proof.ts';
export * from './receipt.ts';
export * from './records.ts';
export * from './roles.ts';
export * from './scalars.ts';
export * from './shape.ts';
export * from './signing.ts';
export * from './state.ts';
export * from './struct.ts';
export * from './table-type.ts';
export * from './tasks.ts';
export * from './text.ts';
export * from './transaction.ts';
export * from './uint.ts';
