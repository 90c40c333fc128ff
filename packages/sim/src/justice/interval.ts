/** A rate that was counted, with the interval that holds the true one with 95 %. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

const tail = 0.025;

/** The interval of Clopper and Pearson: exact binomial tails, whatever the count. */
export function rateOf(count: number, of: number): Rate {
  const low = count === 0 ? 0 : root((p) => atLeast(count, of, p) - tail);
  const high = count === of ? 1 : root((p) => tail - atMost(count, of, p));
  return { count, of, low, high };
}

/** Where a rising function of a chance crosses zero. */
function root(rising: (p: number) => number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}

const atMost = (count: number, of: number, p: number) => sumOf(0, count, of, p);
const atLeast = (count: number, of: number, p: number) => sumOf(count, of, of, p);

/** P(from ≤ X ≤ to) of a binomial X, its terms added from the largest on while they count. */
function sumOf(from: number, to: number, of: number, p: number): number {
  if (p <= 0) return from === 0 ? 1 : 0;
  if (p >= 1) return to === of ? 1 : 0;
  const odds = p / (1 - p);
  const mode = Math.min(to, Math.max(from, Math.floor((of + 1) * p)));
  const largest = Math.exp(logChoose(of, mode) + mode * Math.log(p) + (of - mode) * Math.log1p(-p));
  let sum = largest;
  for (let k = mode, term = largest; k > from && term > sum * Number.EPSILON; k--) {
    term *= k / (of - k + 1) / odds;
    sum += term;
  }
  for (let k = mode, term = largest; k < to && term > sum * Number.EPSILON; k++) {
    term *= ((of - k) / (k + 1)) * odds;
    sum += term;
  }
  return sum;
}

function logChoose(of: number, chosen: number): number {
  return logFactorial(of) - logFactorial(chosen) - logFactorial(of - chosen);
}

/** ln n!, by Stirling's series from 16 on, which is exact to 10⁻¹² there. */
function logFactorial(n: number): number {
  if (n < 16) {
    let log = 0;
    for (let k = 2; k <= n; k++) log += Math.log(k);
    return log;
  }
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + series;
}
