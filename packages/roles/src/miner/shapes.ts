import { limits, type Sampling } from '@assay/protocol';
import { probabilityPpb, variationPpb } from '../audit/distribution.ts';
import { candidateCount, uniform } from '../inference/sampling.ts';
import type { GeneratedToken } from '../ports/inference.ts';
import type { RandomStream } from '../ports/runtime.ts';

/** −ln(p) of the alternatives at one position, most likely first, millionths. */
export type Shape = readonly number[];

/** Which alternative stands at a position (−1 for another), and what chose it. */
export interface Choice {
  readonly rank: number;
  readonly step: number;
  readonly sampling: Sampling;
}

const mostShapes = 1024;
const enoughShapes = 64;
/** Shapes of which the least like is taken. */
const drawn = 6;

/** What positions of earlier answers said; each is given once. */
export class Shapes {
  readonly #shapes: Shape[] = [];

  get isEnough(): boolean {
    return this.#shapes.length >= enoughShapes;
  }

  add(token: GeneratedToken, random: RandomStream): void {
    const shape = shapeOf(token);
    if (this.#shapes.length < mostShapes) this.#shapes.push(shape);
    else this.#shapes[random.int(mostShapes)] = shape;
  }

  /** Some with so many alternatives. */
  some(alternatives: number, random: RandomStream): Shape[] {
    if (this.#shapes.length === 0) return [];
    const picked = Array.from({ length: drawn }, () => this.#shapes[random.int(this.#shapes.length)] ?? []);
    return picked.filter((shape) => shape.length === alternatives);
  }
}

export function shapeOf({ top }: GeneratedToken): Shape {
  return top.slice(0, limits.topLogprobs).map(({ negLogprobMicro }) => negLogprobMicro);
}

/** Total variation between what two shapes say of the same tokens, at most what one position counts (T1), ppb. */
export function distancePpb(shape: Shape, own: Shape): number {
  const position = (negLogprobs: Shape) => ({
    index: 0,
    ids: [],
    probabilitiesPpb: negLogprobs.map(probabilityPpb),
  });
  return variationPpb(position(shape), position(own));
}

/**
 * Whether seed and step choose the token that stands there when its alternatives are so likely: who knows the numbers
 * alone can tell that much. Of the tokens that are no alternatives only their sum is known, so the middle is taken of
 * what they can weigh.
 */
export function isChosenUnder(shape: Shape, { rank, step, sampling }: Choice): boolean {
  if (sampling.temperatureMicro === 0) return rank === 0;
  const exponent = 1e6 / sampling.temperatureMicro;
  const probabilities = shape.map((negLogprob) => Math.exp(-negLogprob / 1e6));
  const kept = keptOf(probabilities, sampling);
  if (rank >= kept) return false;
  const weights = probabilities.slice(0, kept).map((probability) => probability ** exponent);
  const listed = sum(weights);
  const least = probabilities.at(-1) ?? 0;
  const others = kept < shape.length || least === 0 ? 0 : othersWeight(1 - sum(probabilities), least, exponent);
  const lot = uniform(sampling.seed, step) * (listed + others / 2);
  if (rank < 0) return lot >= listed;
  const before = sum(weights.slice(0, rank));
  return lot >= before && lot < before + (weights[rank] ?? 0);
}

/** How many of the alternatives the cuts keep, as `chooseToken` makes them. */
function keptOf(probabilities: readonly number[], { topK, topPMicro, minPMicro }: Sampling): number {
  const [first = 1] = probabilities;
  let mass = 0;
  for (const [rank, probability] of probabilities.entries()) {
    const isCut = mass * 1e6 >= topPMicro || (probability / first) * 1e6 < minPMicro;
    if (rank >= (topK === 0 ? candidateCount : topK) || (rank > 0 && isCut)) return rank;
    mass += probability;
  }
  return probabilities.length;
}

/** The most that tokens less likely than `least` can weigh, all together as likely as `mass`. */
function othersWeight(mass: number, least: number, exponent: number): number {
  const others = candidateCount - limits.topLogprobs;
  const even = Math.max(0, mass) * least ** (exponent - 1);
  return exponent >= 1 ? even : Math.min(others * least ** exponent, 2 * even);
}

const sum = (parts: readonly number[]): number => parts.reduce((total, part) => total + part, 0);
