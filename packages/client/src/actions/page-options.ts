/** Part of a list: the first index (or height), and the longest answer; see `pageLimits`. */
export interface PageOptions {
  readonly from?: number;
  readonly limit?: number;
}
