/**
 * The ground floor: scalars, unions, enumerations and fast rows of SSZ, hashing, Merkle paths. It knows nothing of
 * Assay.
 */
export * from './chunk-tree.ts';
export * from './enum-of.ts';
export * from './hash.ts';
export * from './one-of.ts';
export * from './packed-rows.ts';
export * from './ref.ts';
export * from './rows.ts';
export * from './scalars.ts';
export * from './shape.ts';
export * from './struct.ts';
export * from './text.ts';
export * from './uint.ts';
