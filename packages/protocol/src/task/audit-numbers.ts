import { Bool, enumOf, StructType, U16, U32, type ValueOf } from '@assay/ssz';
import { noProfile } from '../model/profiles.ts';
import { ref } from '../refs.ts';

/** `noResult`: this auditor could not run it; `otherEngine`: nobody with its engine can. */
export const Finding = enumOf('checked', 'malformed', 'noArtifact', 'noResult', 'otherEngine');
export type Finding = ValueOf<typeof Finding>;

/** What is wrong with an artifact by itself, or an end that the model denies (verification §2.1, §2.5). */
export const Flaw = enumOf({
  none: 0,
  version: 1,
  finish: 2,
  sampling: 3,
  prompt: 4,
  tokenCounts: 5,
  contextLength: 6,
  tooManyTokens: 7,
  vocabulary: 8,
  windowSize: 9,
  missingProbabilities: 10,
  alternatives: 11,
  order: 12,
  mass: 13,
  chosenProbability: 14,
  text: 15,
  tokensBeyondEnd: 16,
  endByStop: 17,
  endBeforeLength: 18,
  refusedPrompt: 19,
  earlyEnd: 20,
  file: 21,
  miner: 22,
  engine: 23,
  evidence: 24,
  other: 255,
});
export type Flaw = ValueOf<typeof Flaw>;

/**
 * How surprising tokens are, Σ −ln p, and mean and variance of that over what might have been drawn; thousandths of a
 * nat, and of a nat squared (verification §3.2).
 */
export const Surprise = new StructType(
  { surpriseMilli: U32, expectedMilli: U32, varianceMilli: U32 },
  { typeName: 'Surprise' },
);
export type Surprise = ValueOf<typeof Surprise>;

/** The numbers an auditor measured (§10.3); the ledger draws the verdict from them. */
export const AuditNumbers = new StructType(
  {
    finding: Finding,
    positions: U16,
    /** Mean winsorised total variation over the drawn positions, parts per billion. */
    t1Ppb: U32,
    argmaxMismatches: U16,
    /** Positions at which the registered model would have chosen another token, outside the margin. */
    choiceMismatches: U16,
    /** Of the positions, where a server's own chance drew the tokens (verification §3.2). */
    surprise: Surprise,
    /** Profile whose limits hold; `noProfile` where the auditor runs the very engine (verification §3.3). */
    profile: ref('profiles'),
    /** Whether that profile was made of the engines of these two (verification §3.4). */
    isPair: Bool,
    /** Whether a server's own chance drew its tokens: such a one plants nothing (§10.25). */
    isByChance: Bool,
    /** Whether the artifact names the engine that its miner had before the last change (§3.8). */
    isEarlier: Bool,
    /** What makes the artifact malformed. */
    flaw: Flaw,
  },
  { typeName: 'AuditNumbers' },
);
export type AuditNumbers = ValueOf<typeof AuditNumbers>;

/** Of an auditor that could not check. */
export const noNumbers: AuditNumbers = { ...AuditNumbers.defaultValue(), finding: 'noResult', profile: noProfile };
