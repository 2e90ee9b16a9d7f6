/** How many documents are cached. */
const MAX_DOCUMENTS = 500

/** Caches values by document; the least recently used one is evicted. */
export class DocumentCache<T> {
  readonly #known = new Map<string, T>()

  /** The cached value of a document. */
  get(text: string): T | undefined {
    const value = this.#known.get(text)
    if (value !== undefined) {
      // a Map iterates in the order of insertion
      this.#known.delete(text)
      this.#known.set(text, value)
    }
    return value
  }

  /** Caches a value. */
  set(text: string, value: T): void {
    this.#known.set(text, value)
    if (this.#known.size <= MAX_DOCUMENTS) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}
