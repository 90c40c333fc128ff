/** Who wants to be told of something. */
export class Listeners<Told> {
  readonly #all = new Set<(told: Told) => void>();

  get size(): number {
    return this.#all.size;
  }

  /** Returns the function that ends it. */
  add(listener: (told: Told) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** A listener that throws has a bug of its own: it stands, the others hear it, the process of the bug. */
  tell(told: Told): void {
    for (const listener of this.#all) {
      try {
        listener(told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
