/** How many documents are remembered. */
const MAX_DOCUMENTS = 500

/** Remembers what documents came to; the one that was not asked for the longest makes room. */
export class DocumentCache<T> {
  readonly #known = new Map<string, T>()

  /** What is remembered of a document. */
  get(text: string): T | undefined {
    const value = this.#known.get(text)
    if (value !== undefined) {
      // a map keeps the order of insertion
      this.#known.delete(text)
      this.#known.set(text, value)
    }
    return value
  }

  /** Remembers it. */
  set(text: string, value: T): void {
    this.#known.set(text, value)
    if (this.#known.size <= MAX_DOCUMENTS) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}
