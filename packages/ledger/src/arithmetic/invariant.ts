/** Throws a RangeError with the sentence where what the ledger relies on, whatever it is sent, does not hold. */
export function invariant(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new RangeError(sentence);
}

/** The item at an index of a list. Throws a RangeError when there is none. */
export function itemAt<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no item ${index} of ${items.length}`);
  return item;
}
