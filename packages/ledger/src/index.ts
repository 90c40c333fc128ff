/** The verbs of Assay: every rule that decides about money, as pure functions from state and block to state. */
export * from './result.ts';
export * from './verifier.ts';
