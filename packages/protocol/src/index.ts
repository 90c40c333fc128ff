/**
 * The nouns of Assay: encodings, identities, signing domains, limits, result codes. Nothing here decides anything;
 * what is signed, hashed or kept in state is described here once, so that ledger, node, client and any other
 * implementation agree to the byte.
 */
export * from './address.ts';
export * from './batch/receipt.ts';
export * from './block/block.ts';
export * from './block/canonical-vote.ts';
export * from './block/comet-header.ts';
export * from './block/comet-seal.ts';
export * from './block/protobuf.ts';
export * from './case/cases.ts';
export * from './domain/domains.ts';
export * from './encoding.ts';
export * from './epoch/epoch-close.ts';
export * from './epoch/payouts.ts';
export * from './errors/assay-error.ts';
export * from './errors/codes.ts';
export * from './events/events.ts';
export * from './events/marked.ts';
export * from './genesis.ts';

export * from './limits.ts';
export * from './messages/following.ts';
export * from './messages/messages.ts';
export * from './model/manifest.ts';
export * from './model/models.ts';
export * from './model/profiles.ts';

export * from './params/parameter.ts';
export * from './params/parameter-values.ts';
export * from './params/parameters.ts';
export * from './refs.ts';
export * from './role/roles.ts';
export * from './signing.ts';
export * from './state/proof.ts';
export * from './state/state.ts';
export * from './state/table-type.ts';
export * from './state/tasks.ts';
export * from './task/artifact.ts';
export * from './task/audit-numbers.ts';
export * from './task/plants.ts';
export * from './task/records.ts';

export * from './transaction.ts';
export * from './vote/governance.ts';
