import { failed } from './failures.ts';

/** A token and its probability as a server says them. */
export interface SaidToken {
  readonly id: unknown;
  /** ln(probability). */
  readonly logprob: unknown;
}

/** One generated token as a server says it: the chosen one, and the most likely ones, most likely first. */
export interface SaidStep extends SaidToken {
  readonly top: readonly SaidToken[];
}

export interface SoundToken {
  readonly id: number;
  /** ln(probability), at most 0. */
  readonly logprob: number;
}

/** One generated token whose numbers may stand in an artifact. */
export interface SoundStep extends SoundToken {
  /** Distinct, most likely first, at most all the probability there is. */
  readonly top: readonly SoundToken[];
}

export interface Expected {
  readonly baseUrl: string;
  /** Every token id is below this. */
  readonly vocabularySize: number;
  /** Alternatives there must be. */
  readonly alternatives: number;
}

/** Rounding by which a logarithm may be off, and all probabilities together. */
const tolerance = 1e-3;

/** verification §1.8.1 What a server says of one token, if an auditor could accept it. Throws BACKEND_FAILED. */
export function soundStep(said: SaidStep, expected: Expected): SoundStep {
  const { baseUrl, alternatives, vocabularySize } = expected;
  const wanted = Math.min(alternatives, vocabularySize);
  const top = said.top.slice(0, wanted).map((each) => soundToken(each, expected));
  if (top.length < wanted) {
    throw failed(baseUrl, `gives ${said.top.length} alternatives of a token, not the ${wanted} asked for.`);
  }
  if (new Set(top.map(({ id }) => id)).size < top.length) throw failed(baseUrl, 'names an alternative twice.');
  if (top.some(({ logprob }, i) => logprob > (top[i - 1] ?? { logprob: 0 }).logprob)) {
    throw failed(baseUrl, 'gives its alternatives in the wrong order.');
  }
  if (top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) > 1 + tolerance) {
    throw failed(baseUrl, 'gives more probability than there is.');
  }
  const chosen = soundToken(said, expected);
  const listed = top.find(({ id }) => id === chosen.id);
  const least = top.at(-1)?.logprob ?? 0;
  const differs = listed !== undefined && Math.abs(listed.logprob - chosen.logprob) > tolerance;
  const isMissing = listed === undefined && chosen.logprob > least + tolerance;
  if (differs || isMissing) throw failed(baseUrl, 'contradicts itself about the token it chose.');
  return { ...(listed ?? { id: chosen.id, logprob: Math.min(chosen.logprob, least) }), top };
}

function soundToken({ id, logprob }: SaidToken, { baseUrl, vocabularySize }: Expected): SoundToken {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabularySize) {
    throw failed(baseUrl, 'names a token that the model file does not have. Serve that file.');
  }
  if (typeof logprob !== 'number' || !(logprob <= tolerance)) {
    throw failed(baseUrl, 'gives a number that is no logarithm of a probability.');
  }
  return { id, logprob: Math.min(0, logprob) };
}
