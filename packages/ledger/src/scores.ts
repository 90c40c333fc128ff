/** How one miner's part of the emission came about (economics §4); every number that went in. */
export interface MinerScore {
  readonly miner: number;
  readonly trustPpb: number;
  /** What its level multiplies with. */
  readonly levelPpb: number;
  /** What its weak scores of the periods before multiply with (economics §4.7). */
  readonly weakPpb: number;
  /** What was measured, by component, before trust and level. */
  readonly raw: Readonly<Record<string, bigint>>;
  /**
   * Weighted sum of the shares, parts per billion, rounded down; and in 10⁻¹⁸, the weight the emission is divided by.
   */
  readonly finalPpb: bigint;
  readonly weight: bigint;
  readonly emissionUnits: bigint;
}

/** What challenges measured of a miner, and its stake: what no purchase moves. */
export interface CapacityRaw {
  readonly stake: bigint;
  readonly hashRate: bigint;
  readonly bandwidth: bigint;
  readonly latency: bigint;
}

/** How one miner's part of what pays capacity came about (economics §7.1). */
export interface CapacityScore extends Pick<MinerScore, 'miner' | 'finalPpb' | 'weight' | 'emissionUnits'> {
  /** Part of its record that passed; one without a record. */
  readonly passedPpb: bigint;
  readonly raw: CapacityRaw;
}
