import { LRUCache } from 'lru-cache'

/** How many documents are cached. */
const MAX_DOCUMENTS = 500

/** A cache of what is made of documents, by their text. */
export function openDocumentCache<T extends object>(): LRUCache<string, T> {
  return new LRUCache({ max: MAX_DOCUMENTS })
}
